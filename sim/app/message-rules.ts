/** What the application does with a message follows from the message's number, so both machines and all invariants know it. */
import { RequestError } from "@symbolon/protocol";

/** The code of the error that some handlers throw on purpose. */
export const intendedError = "ODD";

/** Whether the handler of message `n` throws the intended error. */
export function mustFail(n: number): boolean {
  return n % 13 === 5;
}

/** Makes the intended error. */
export function makeIntendedError(n: number): RequestError {
  return new RequestError(intendedError, "odd", n);
}

/** Whether a handler threw the intended error. */
export function isIntendedError(error: unknown): boolean {
  return error instanceof RequestError && error.code === intendedError;
}

/** Whether the server's handler of message `n` sends a message in the room, if the server has a store. */
export function isEchoed(n: number): boolean {
  return n % 4 === 1;
}

/** The number of items of stream `n`; some streams have more items than may be sent without credit. */
export function streamLength(n: number): number {
  return n % 5 === 0 ? 40 : n % 5;
}

/** The number of items after which the reader of stream `n` stops reading. */
export function readLimit(n: number): number {
  return n % 7 === 3 ? 2 : Infinity;
}

/** The right answer to request `n`. */
export function answerTo(n: number): number {
  return 2 * n;
}
