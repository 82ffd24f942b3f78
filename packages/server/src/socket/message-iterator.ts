import type { Message } from "@symbolon/protocol";
import { isThenable } from "@symbolon/protocol/internal";
import type { MessageReader } from "./message-reader.ts";

type Result<Value> = IteratorResult<Value, void>;

/** Iterates over the messages of a socket, as an async generator does, with fewer promises. */
export class MessageIterator<Value> implements AsyncGenerator<Value, void, undefined> {
  readonly #reader: MessageReader<Value>;
  #ended = false;

  constructor(reader: MessageReader<Value>) {
    this.#reader = reader;
  }

  next(): Promise<Result<Value>> {
    if (this.#ended) return Promise.resolve(end);
    const message = this.#reader.take();
    if (isThenable(message)) return message.then(this.#decode, this.#fail);
    try {
      return Promise.resolve(this.#decode(message));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  return(): Promise<Result<Value>> {
    this.#ended = true;
    return Promise.resolve(end);
  }

  throw(error: unknown): Promise<Result<Value>> {
    this.#ended = true;
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  readonly #decode = (message: Message): Result<Value> | Promise<Result<Value>> => {
    try {
      const value = this.#reader.decode(message);
      return isThenable(value)
        ? (value as Promise<Value>).then(resultOf, this.#fail)
        : resultOf(value as Value);
    } catch (error) {
      return this.#fail(error);
    }
  };

  /** The last result, after the end of the socket. @throws any other error. */
  readonly #fail = (error: unknown): Result<Value> => {
    this.#ended = true;
    if (this.#reader.isEnd(error)) return end;
    throw error;
  };
}

const end: IteratorReturnResult<void> = { done: true, value: undefined };

function resultOf<Value>(value: Value): IteratorYieldResult<Value> {
  return { done: false, value };
}
