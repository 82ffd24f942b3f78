/** The headers of an answer over those that hooks added: its own win by name, and cookies are all set. */
export function mergeHeaders(added: Headers, own: HeadersInit = {}): Headers {
  const merged = new Headers(added);
  for (const [name, value] of new Headers(own))
    if (name === "set-cookie") merged.append(name, value);
    else merged.set(name, value);
  return merged;
}

/**
 * The same body; `sent` is called once it was read to its end, with the error when it broke, or without one when its
 * reader gave up.
 */
export function watchBody(
  body: ReadableStream<Uint8Array>,
  sent: (error?: unknown) => Promise<void>,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          controller.close();
        } catch (error) {
          controller.error(error);
          return sent(error);
        }
        await sent();
      },
      cancel: async (reason) => {
        await reader.cancel(reason).catch(() => {}); // its own failure to stop is nobody's concern any more
        await sent();
      },
    },
    { highWaterMark: 0 },
  );
}
