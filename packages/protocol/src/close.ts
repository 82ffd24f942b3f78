import type { CloseCode } from "./close-code.ts";

/** What a close code asks of the client: end, dial again, or dial again with a fresh credential. */
export type CloseAdvice = "end" | "retry" | "reauthenticate";

// Numbers and not `CloseCode`, here and wherever a client ends up: a bundle would carry the whole table.
type Code = (typeof CloseCode)[keyof typeof CloseCode];

/** Besides 4400–4499: normal, protocol error, unsupported data, invalid payload, policy violation, too large, superseded. */
const terminal: readonly Code[] = [1000, 1002, 1003, 1007, 1008, 1009, 4900];
const unauthorized: Code = 4401;
const forbidden: Code = 4403;
const timeout: Code = 4408;
const tooMany: Code = 4429;

/** Says what `code` asks of the client; unknown codes ask to retry. */
export function closeAdvice(code: number): CloseAdvice {
  if (code === unauthorized) return "reauthenticate";
  if (code === timeout || code === tooMany) return "retry";
  return terminal.includes(code as Code) || (code >= 4400 && code <= 4499) ? "end" : "retry";
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
