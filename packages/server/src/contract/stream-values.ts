import { isThenable } from "@symbolon/protocol/internal";

type Values = AsyncIterable<unknown> | Iterable<unknown>;

/** What `call` returns, as it is; calls `onEnd` when its values have ended or failed, or are not read any more. */
export function withEnd(call: () => unknown, onEnd: () => void): unknown {
  const fail = (error: unknown): never => {
    onEnd();
    throw error;
  };
  const observe = (values: unknown): unknown => {
    try {
      if (isIterable(values)) return observedValues(values, onEnd);
    } catch (error) {
      fail(error);
    }
    onEnd();
    return values;
  };
  try {
    const values = call();
    return isThenable(values) ? values.then(observe, fail) : observe(values);
  } catch (error) {
    return fail(error);
  }
}

/** The same values, at the same time: each result is given on as it is. */
function observedValues(values: Values, onEnd: () => void): { [Symbol.asyncIterator](): object } {
  const iterator: AsyncIterator<unknown> | Iterator<unknown> =
    Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
  const next = (): unknown =>
    observed(
      () => iterator.next(),
      ({ done }) => done === true,
      onEnd,
    );
  const end = (): unknown =>
    observed(
      () => iterator.return?.(),
      () => true,
      onEnd,
    );
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
}

/** The result of a call, as it is; calls `onEnd` when `isEnd` is true for it, and when it fails. */
function observed<Result>(
  call: () => Result | PromiseLike<Result>,
  isEnd: (result: Result) => boolean,
  onEnd: () => void,
): Result | PromiseLike<Result> {
  const check = (result: Result): void => {
    if (isEnd(result)) onEnd();
  };
  try {
    const result = call();
    if (isThenable(result)) void result.then(check, onEnd);
    else check(result);
    return result;
  } catch (error) {
    onEnd();
    throw error;
  }
}

function isIterable(value: unknown): value is Values {
  return (
    typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}
