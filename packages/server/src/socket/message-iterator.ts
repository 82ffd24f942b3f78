import { isThenable } from "@symbolon/protocol/internal";

/** Iterates over the messages of a socket, as an async generator does: a message that has arrived costs one promise. */
export class MessageIterator<Value> implements AsyncGenerator<Value, void, undefined> {
  readonly #read: () => unknown;
  readonly #isEnd: (error: unknown) => boolean;
  #ended = false;

  /** `read` gives the next value, or a promise of it; `isEnd` knows the error that only says that there is none. */
  constructor(read: () => unknown, isEnd: (error: unknown) => boolean) {
    this.#read = read;
    this.#isEnd = isEnd;
  }

  async next(): Promise<IteratorResult<Value, void>> {
    if (this.#ended) return end;
    try {
      const value = this.#read();
      return { done: false, value: (isThenable(value) ? await value : value) as Value };
    } catch (error) {
      this.#ended = true;
      if (this.#isEnd(error)) return end;
      throw error;
    }
  }

  return(): Promise<IteratorResult<Value, void>> {
    this.#ended = true;
    return Promise.resolve(end);
  }

  throw(error: unknown): Promise<IteratorResult<Value, void>> {
    this.#ended = true;
    return Promise.reject(error as Error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

const end: IteratorReturnResult<void> = { done: true, value: undefined };
