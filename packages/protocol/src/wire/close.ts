import { encoder } from "./byte-length.ts";

/** The close codes of RFC 6455 §7.4.1, its registry, and of this protocol (PROTOCOL.md). */
export const CloseCode = {
  /** The conversation is over as intended. */
  Normal: 1000,
  /** An endpoint goes away: a page is closed, a server shuts down. */
  GoingAway: 1001,
  /** The remote peer broke RFC 6455. */
  ProtocolError: 1002,
  /** The route does not accept messages of this kind. */
  UnsupportedData: 1003,
  /** The close frame had no code; never sent. */
  NoStatus: 1005,
  /** The connection broke; never sent. */
  Abnormal: 1006,
  /** A text message is not UTF-8. */
  InvalidPayload: 1007,
  /** The server does not allow what the client did. */
  PolicyViolation: 1008,
  /** A message is larger than the limit. */
  TooLarge: 1009,
  /** The server failed unexpectedly. */
  InternalError: 1011,
  /** The server restarts: connect again. */
  ServiceRestart: 1012,
  /** The server is overloaded: connect again later. */
  TryAgainLater: 1013,
  /** A frame is invalid or not allowed at this point (HTTP 400). */
  BadRequest: 4400,
  /** The credential is missing or has expired (HTTP 401). */
  Unauthorized: 4401,
  /** The caller is not allowed to do this (HTTP 403). */
  Forbidden: 4403,
  /** Nothing is served at this path (HTTP 404). */
  NotFound: 4404,
  /** The remote peer was silent for too long (HTTP 408). */
  Timeout: 4408,
  /** The client exceeded a limit (HTTP 429). */
  TooMany: 4429,
  /** A newer connection of the same client took over. */
  Superseded: 4900,
  /** The client reads more slowly than the server sends. */
  SlowConsumer: 4901,
  /** The server no longer has the session. */
  SessionLost: 4902,
  /** No `hello` arrived in time. */
  NoHello: 4903,
} as const;

/** What a close code asks of the client: end, connect again, or connect again with a fresh credential. */
export type CloseAdvice = "end" | "retry" | "reauthenticate";

// Numbers and not `CloseCode`, here and in the client: a bundle would carry the whole table.
type Code = (typeof CloseCode)[keyof typeof CloseCode];

const unauthorized: Code = 4401;
const forbidden: Code = 4403;

/**
 * Normal, protocol error, unsupported data, invalid payload, policy violation, too large; refused (44xx), except for
 * silence (4408), for an early handshake (4425, HTTP 425) and for a limit (4429); superseded.
 */
const terminal = /^(100[0237-9]|44(?!08|2[59])\d{2}|4900)$/;

/** 1000–1003, 1007–1014 and 3000–4999: the codes that a close frame may carry (RFC 6455 §7.4). */
const sendable = /^(100[0-37-9]|101[0-4]|[34]\d{3})$/;

/** Returns what `code` asks of the client; an unknown code asks to retry. */
export function closeAdvice(code: number): CloseAdvice {
  if (code === unauthorized) return "reauthenticate";
  return isTerminal(code) ? "end" : "retry";
}

/** Whether a close with this code ends the client: 4401 does, unless the client has a fresh credential. */
export function isTerminal(code: number): boolean {
  return terminal.test(String(code));
}

/** The close code of a handshake that was refused after its 101: 4000 + the HTTP status, for 400–599. */
export function closeCodeOfStatus(status: number): number {
  return status >= 400 && status <= 599 ? 4000 + status : forbidden;
}

/**
 * Checks that an endpoint may send `code` (RFC 6455 §7.4): 1000–1003, 1007–1014 or 3000–4999.
 * @throws RangeError for any other code.
 */
export function checkCloseCode(code: number): void {
  if (!sendable.test(String(code)))
    throw new RangeError(`close code ${code} cannot be sent: use 1000 or 3000 to 4999`);
}

/** Cuts a close reason to the 123 UTF-8 bytes that fit (RFC 6455 §5.5), never through a character. */
export function cutReason(reason: unknown): string {
  const text = String(reason); // JavaScript may pass bytes, which no close may send
  return text.slice(0, encoder.encodeInto(text, new Uint8Array(123)).read);
}
