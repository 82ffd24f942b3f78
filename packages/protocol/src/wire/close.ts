import type { CloseCode } from "./close-code.ts";

/** What a close code asks of the client: end, dial again, or dial again with a fresh credential. */
export type CloseAdvice = "end" | "retry" | "reauthenticate";

// Numbers and not `CloseCode`, here and wherever a client ends up: a bundle would carry the whole table.
type Code = (typeof CloseCode)[keyof typeof CloseCode];

const unauthorized: Code = 4401;
const forbidden: Code = 4403;

/**
 * Normal, protocol error, unsupported data, invalid payload, policy violation, too large; refused (44xx), but not for
 * silence (4408) or for too much (4429); superseded.
 */
const terminal = /^(100[0237-9]|44(?!08|29)\d{2}|4900)$/;

/** 1000–1003, 1007–1014 and 3000–4999: what may stand in a close frame (RFC 6455 §7.4). */
const sendable = /^(100[0-37-9]|101[0-4]|[34]\d{3})$/;

/** Says what `code` asks of the client; unknown codes ask to retry. */
export function closeAdvice(code: number): CloseAdvice {
  if (code === unauthorized) return "reauthenticate";
  return terminal.test(String(code)) ? "end" : "retry";
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
export function cutReason(reason: string): string {
  return reason.slice(0, new TextEncoder().encodeInto(reason, new Uint8Array(123)).read);
}
