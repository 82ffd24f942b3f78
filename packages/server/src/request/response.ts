/** The headers of an answer over those that hooks added: its own win by name, and cookies are all set. */
export function mergeHeaders(added: Headers, own: HeadersInit = {}): Headers {
  const merged = new Headers(added);
  for (const [name, value] of new Headers(own))
    if (name === "set-cookie") merged.append(name, value);
    else merged.set(name, value);
  return merged;
}

/**
 * Throws TypeError for a header that is the handshake's own (RFC 6455 §4.2.2), and for a value beyond ASCII: what bytes
 * it would be is not agreed on (RFC 9110 §5.5).
 */
export function checkHandshakeHeaders(headers: Headers): void {
  for (const [name, value] of headers) {
    if (/^(sec-websocket-.*|connection|upgrade)$/.test(name))
      throw new TypeError(
        `the header ${JSON.stringify(name)} is the handshake's own: leave it out, and name a subprotocol by accept({ subprotocol })`,
      );
    if (!/^[\t -~]*$/.test(value))
      throw new TypeError(`the value of the header ${JSON.stringify(name)} is not ASCII: percent-encode it`);
  }
}

/** The same response, fit to be written. Throws TypeError when its body was used before, or it is an error and no answer. */
export function checkUnused(response: Response): Response {
  if (response.bodyUsed || response.body?.locked === true)
    throw new TypeError(
      "this Response was used before, and its body is gone: make one for each request, and leave its body unread",
    );
  if (response.type === "error") throw new TypeError("Response.error() is no answer: it has no status");
  return response;
}

/**
 * The same body; `sent` is called once it was read to its end, with the error when it broke, or without one when its
 * reader gave up.
 */
export function observeBody(
  body: ReadableStream<Uint8Array>,
  sent: (error?: unknown) => Promise<void>,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let left = false;
  return new ReadableStream(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (left) return;
          if (!done) return controller.enqueue(value);
          controller.close();
        } catch (error) {
          if (left) return;
          controller.error(error);
          return sent(error);
        }
        await sent();
      },
      cancel: async (reason) => {
        left = true;
        await reader.cancel(reason).catch(() => {}); // its own failure to stop is nobody's concern any more
        await sent();
      },
    },
    { highWaterMark: 0 },
  );
}
