const mistakes = new WeakSet<object>();

/** The same error, known as the client's own mistake. */
export function markClientError<Mistake extends Error>(error: Mistake): Mistake {
  mistakes.add(error);
  return error;
}

/** Whether an error is the client's own mistake: a message that does not fit, a subprotocol that it did not offer. */
export function isClientError(error: unknown): error is Error {
  return error instanceof Error && mistakes.has(error);
}

/** An error as one line of a log, which a client that is quoted in it can neither break nor make long. */
export function toLogLine(error: Error): string {
  return String(error)
    .slice(0, 512)
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}
