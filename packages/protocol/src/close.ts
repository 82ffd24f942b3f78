/** The close codes of RFC 6455 §7.4.1, its registry, and of this protocol (PROTOCOL.md). */
export const CloseCode = {
  /** The conversation is over as intended. */
  Normal: 1000,
  /** The half is leaving: a page closed, a server shutting down. */
  GoingAway: 1001,
  /** The other half broke RFC 6455. */
  ProtocolError: 1002,
  /** A message of a kind this route does not take. */
  UnsupportedData: 1003,
  /** No code was given; never sent. */
  NoStatus: 1005,
  /** The connection broke; never sent. */
  Abnormal: 1006,
  /** A text message that is not UTF-8. */
  InvalidPayload: 1007,
  /** Something this server does not allow. */
  PolicyViolation: 1008,
  /** A message over the size limit. */
  TooLarge: 1009,
  /** An unexpected failure of the server. */
  InternalError: 1011,
  /** The server restarts; come back. */
  ServiceRestart: 1012,
  /** The server is overloaded; come back later. */
  TryAgainLater: 1013,
  /** What was said is not the protocol (HTTP 400). */
  BadRequest: 4400,
  /** The credential is missing or has ended (HTTP 401). */
  Unauthorized: 4401,
  /** The caller may not do this (HTTP 403). */
  Forbidden: 4403,
  /** Nothing is served at this path (HTTP 404). */
  NotFound: 4404,
  /** The other half was silent for too long (HTTP 408). */
  Timeout: 4408,
  /** More than the limit allows (HTTP 429). */
  TooMany: 4429,
  /** A newer connection of the same client took over. */
  Superseded: 4900,
  /** The client reads more slowly than it is told. */
  SlowConsumer: 4901,
  /** The server no longer has the session. */
  SessionLost: 4902,
  /** No `hello` arrived in time. */
  NoHello: 4903,
} as const;

/** What a close code asks of the client: end, dial again, or dial again with a fresh credential. */
export type CloseAdvice = "end" | "retry" | "reauthenticate";

const terminal: ReadonlySet<number> = new Set([
  CloseCode.Normal,
  CloseCode.ProtocolError,
  CloseCode.UnsupportedData,
  CloseCode.InvalidPayload,
  CloseCode.PolicyViolation,
  CloseCode.TooLarge,
  CloseCode.Superseded,
]);

/** Says what `code` asks of the client; unknown codes ask to retry. */
export function closeAdvice(code: number): CloseAdvice {
  if (code === CloseCode.Unauthorized) return "reauthenticate";
  if (code === CloseCode.Timeout || code === CloseCode.TooMany) return "retry";
  return terminal.has(code) || (code >= 4400 && code <= 4499) ? "end" : "retry";
}

/** The close code of a handshake that was refused after its 101: 4000 + the HTTP status, for 400–599. */
export function closeCodeOfStatus(status: number): number {
  return status >= 400 && status <= 599 ? 4000 + status : CloseCode.Forbidden;
}

/**
 * Checks that an endpoint may send `code` (RFC 6455 §7.4): 1000–1003, 1007–1014 or 3000–4999.
 * @throws RangeError for any other code.
 */
export function checkCloseCode(code: number): void {
  const registered = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
  if (Number.isInteger(code) && (registered || (code >= 3000 && code <= 4999))) return;
  throw new RangeError(`${code} is not a close code one may send: use 1000–1003, 1007–1014 or 3000–4999`);
}

const reasonLimit = 123;

/** Cuts a close reason to the 123 UTF-8 bytes that fit (RFC 6455 §5.5), never through a character. */
export function cutReason(reason: string): string {
  if (reason.length * 3 <= reasonLimit) return reason;
  const room = new Uint8Array(reasonLimit);
  return reason.slice(0, new TextEncoder().encodeInto(reason, room).read);
}
