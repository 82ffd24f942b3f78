import { type Codec, type Message, ValidationError } from "@symbolon/protocol";
import { type BoundedQueue, isThenable } from "@symbolon/protocol/internal";
import { markClientError } from "../request/errors.ts";
import type { PendingWire } from "./pending-wire.ts";

/** Reads the messages of a socket. A message that has arrived costs no promise. */
export class MessageReader<Value> {
  readonly #wire: PendingWire;
  readonly #received: BoundedQueue<Message>;
  readonly #codec: Codec<never, Value>;

  /** `received` are the messages of `wire`, which `codec` reads. */
  constructor(wire: PendingWire, received: BoundedQueue<Message>, codec: Codec<never, Value>) {
    this.#wire = wire;
    this.#received = received;
    this.#codec = codec;
  }

  /** The kind of messages that the codec reads. */
  get type(): Codec<never, Value>["type"] {
    return this.#codec.type;
  }

  /** The next message; a promise of it while none has arrived, which rejects when the socket has ended. */
  take(): Message | Promise<Message> {
    const accepting = this.#wire.requestMessage();
    if (accepting !== undefined) return accepting.then(() => this.#received.pull());
    return this.#received.size > 0 ? this.#received.take() : this.#received.pull();
  }

  /**
   * The value of a message that was taken; a promise of it when the codec is asynchronous.
   * @throws ValidationError, also as a rejection, when the codec cannot read the message.
   */
  decode(message: Message, codec: Codec<never, unknown> = this.#codec): unknown {
    let value: unknown;
    try {
      value = codec.decode(message);
    } catch (error) {
      this.#wire.messageTaken();
      throw asClientError(error);
    }
    if (isThenable(value)) return this.#decoded(value);
    this.#wire.messageTaken();
    return value;
  }

  /** Whether an error only repeats that the socket has ended. */
  isEnd(error: unknown): boolean {
    return this.#received.ended !== undefined && this.#received.ended.reason === error;
  }

  async #decoded(value: PromiseLike<unknown>): Promise<unknown> {
    try {
      return await value;
    } catch (error) {
      throw asClientError(error);
    } finally {
      this.#wire.messageTaken();
    }
  }
}

function asClientError(error: unknown): unknown {
  return error instanceof ValidationError ? markClientError(error) : error;
}
