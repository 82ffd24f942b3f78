/**
 * The `Response` that a value is; undefined for another value. A `Response` of another library, such as undici or a
 * polyfill, is copied: `instanceof` does not know it, and what is not known must not count as permission.
 * @throws TypeError when it cannot be sent: its body was used before, or it is `Response.error()`.
 */
export function toResponse(value: unknown): Response | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (value instanceof Response) return value;
  if (Object.prototype.toString.call(value) !== "[object Response]") return undefined;
  const { body, bodyUsed, status, statusText, headers } = value as Response;
  if (bodyUsed) throw new TypeError(usedBody);
  if (status === 0) throw new TypeError(noStatus);
  // A polyfill may have a Node stream as its body: `Response` takes any async iterable, which its type does not say.
  return new Response(body, { status, statusText, headers: [...headers] });
}

/** What a value is, for the message of an error. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (value instanceof Error) return "an Error";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** @throws TypeError when a value, which a program in JavaScript may get wrong, is not a function. */
export function checkFunction(value: unknown, name: string): void {
  if (typeof value !== "function")
    throw new TypeError(`${name} must be a function, and it is ${describeValue(value)}`);
}

const usedBody =
  "the body of this Response was used before: make a new Response for each request, and do not read its body";
const noStatus = "Response.error() has no status: return another Response";

/** The headers of an answer: those that hooks added, replaced by the answer's own of the same name. Cookies are all kept. */
export function mergeHeaders(added: HeadersInit = {}, own: HeadersInit = {}): Headers {
  const merged = new Headers(added);
  for (const [name, value] of new Headers(own))
    if (name === "set-cookie") merged.append(name, value);
    else merged.set(name, value);
  return merged;
}

/** Whether there are no headers. */
export function hasNoHeaders(headers: Headers): boolean {
  return headers.keys().next().done === true;
}

/**
 * Checks the headers that an app adds to a 101.
 * @throws TypeError for a header that the handshake sets itself (RFC 6455 §4.2.2), and for a value beyond ASCII, whose
 * bytes are not agreed on (RFC 9110 §5.5).
 */
export function checkHandshakeHeaders(headers: Headers): void {
  for (const [name, value] of headers) {
    if (/^(sec-websocket-.*|connection|upgrade)$/.test(name))
      throw new TypeError(
        `the handshake sets the header ${JSON.stringify(name)} itself: leave it out, and choose a subprotocol by accept({ subprotocol })`,
      );
    if (!/^[\t -~]*$/.test(value))
      throw new TypeError(`the value of the header ${JSON.stringify(name)} is not ASCII: percent-encode it`);
  }
}

/**
 * Checks that a response can be written, and returns it.
 * @throws TypeError when its body was used before, or it is `Response.error()`.
 */
export function checkUnused(response: Response): Response {
  if (response.bodyUsed || response.body?.locked === true) throw new TypeError(usedBody);
  if (response.type === "error") throw new TypeError(noStatus);
  return response;
}

/**
 * The same body. Calls `sent` once the body was read to its end, with the error when it broke, or without one when its
 * reader cancelled it.
 */
export function observeBody(
  body: ReadableStream<Uint8Array>,
  sent: (error?: unknown) => Promise<void>,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let cancelled = false;
  return new ReadableStream(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (cancelled) return;
          if (!done) return controller.enqueue(value);
          controller.close();
        } catch (error) {
          if (cancelled) return;
          controller.error(error);
          return sent(error);
        }
        await sent();
      },
      cancel: async (reason) => {
        cancelled = true;
        await reader.cancel(reason).catch(() => {}); // a body that does not stop has no reader any more
        await sent();
      },
    },
    { highWaterMark: 0 },
  );
}
