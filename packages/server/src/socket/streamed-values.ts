import { isGenerator } from "../request/hook.ts";
import { toResponse } from "../request/response.ts";

/** Values to send: of a generator, of an async iterable, or of an array. A string and bytes are one message each. */
export type StreamedValues = AsyncIterable<unknown> | IterableIterator<unknown> | readonly unknown[];

/** Whether a handler has returned values to send. */
export function isStreamed(value: unknown): value is StreamedValues {
  if (Array.isArray(value) || isGenerator(value)) return true;
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/** Whether a stream waits for something. Until it does, it may still refuse, or accept in its own way. */
export function isWaiting(sending: Promise<void>): Promise<boolean> {
  const waiting = new Promise<boolean>((resolve) => setImmediate(resolve, true));
  const ended = (): boolean => false;
  return Promise.race([sending.then(ended, ended), waiting]);
}

/** The same values. A `Response` before the first value refuses, or closes when the handshake is accepted already. */
export function refusable(values: StreamedValues): AsyncIterable<unknown> {
  const iterator: AsyncIterator<unknown> | Iterator<unknown> =
    Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
  let begun = false;
  const next = async (): Promise<IteratorResult<unknown, undefined>> => {
    const { done, value } = await iterator.next();
    const read: unknown = await value;
    const refusal = toResponse(read);
    if (refusal !== undefined)
      throw begun
        ? new TypeError("a handler gave a Response after its first value: it is too late to refuse")
        : refusal;
    begun = true;
    return done === true ? { done, value: undefined } : { value: read };
  };
  const end = async (): Promise<IteratorResult<unknown, undefined>> => {
    await iterator.return?.();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
}
