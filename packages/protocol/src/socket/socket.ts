import { onAbort } from "../async/on-abort.ts";
import { checkCloseCode, CloseCode, cutReason } from "../wire/close.ts";
import { type Codec, passthrough } from "./codec.ts";
import { CloseError, type Closed } from "../errors.ts";
import { LoopBudget } from "../async/event-loop.ts";
import { BoundedQueue } from "../async/queue.ts";
import { Sent } from "../async/sent.ts";
import type { Message, Wire, WireListener } from "../wire/wire.ts";

/** The codecs of a socket. */
export interface SocketCodecs<Receive = Message, Send = unknown> {
  /**
   * Reads messages.
   * @default strings and bytes as they are
   */
  readonly receive?: Codec<never, Receive>;
  /**
   * Writes messages.
   * @default strings and bytes as they are, other values as JSON
   */
  readonly send?: Codec<Send, unknown>;
}

/** What `send` returns for a message that the wire has taken at once: one object for all of them. */
const taken = new Sent();
taken.resolve();

function lengthOf({ length }: Message): number {
  return length;
}

/** The messages that arrive on a wire, and its end: reading stops while too many of them wait. */
export class Inbox extends BoundedQueue<Message> implements WireListener {
  /** The reason of all that fails because the wire has ended; undefined before. */
  error: CloseError | undefined;
  // Both are made when they are first read: for every socket they would cost more than the rest of the socket.
  #closed: Promise<Closed> | undefined;
  #abort: AbortController | undefined;
  #resolve: ((closed: Closed) => void) | undefined;

  /** From now on it listens to `wire`. */
  constructor(wire: Wire) {
    super({ weigh: lengthOf, writer: wire });
    wire.listen(this);
  }

  /** Resolves when the wire has ended. */
  get whenClosed(): Promise<Closed> {
    return (this.#closed ??= new Promise((resolve) => (this.#resolve = resolve)));
  }

  /** Aborts when the wire has ended. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.error) this.#abort.abort(this.error);
    return this.#abort.signal;
  }

  message(message: Message): void {
    this.push(message);
  }

  closed(closed: Closed): void {
    this.error = new CloseError(closed.code, closed.reason, closed.wasClean);
    this.end(this.error);
    this.#abort?.abort(this.error);
    this.#resolve?.(closed);
    this.#closed ??= Promise.resolve(closed);
  }
}

/** A raw WebSocket as an async iterable: `send`, `receive`, `pipe`, `close`. */
export class RawSocket<Receive = Message, Send = unknown> implements AsyncIterable<Receive> {
  readonly #wire: Wire;
  readonly #receive: Codec<never, Receive>;
  readonly #send: Codec<Send, unknown>;
  readonly #inbox: Inbox;
  #closing: CloseError | undefined;

  /** `inbox` listens to the wire. */
  constructor(wire: Wire, codecs: SocketCodecs<Receive, Send> = {}, inbox: Inbox = new Inbox(wire)) {
    this.#wire = wire;
    // Without a codec, messages and values are as the defaults of the type parameters say.
    this.#receive = codecs.receive ?? (passthrough as unknown as Codec<never, Receive>);
    this.#send = codecs.send ?? passthrough;
    this.#inbox = inbox;
  }

  /** Resolves when the socket has ended, by either peer or a broken connection. Never rejects. */
  get closed(): Promise<Closed> {
    return this.#inbox.whenClosed;
  }

  /** The subprotocol of the connection, or the empty string. */
  get protocol(): string {
    return this.#wire.protocol;
  }

  /** Bytes that were sent but have not left this process. */
  get bufferedAmount(): number {
    return this.#wire.bufferedAmount;
  }

  /** Aborts at once when the socket ends, with the `CloseError` as its reason. */
  get signal(): AbortSignal {
    return this.#inbox.signal;
  }

  /**
   * Sends a value. Await it to send no faster than the client receives: it resolves once the buffer has drained.
   * @throws ValidationError or TypeError at once when the codec cannot write the value; `CloseError`, as a rejection,
   * when the socket has ended.
   */
  send(value: Send): Sent {
    const message = this.#send.encode(value);
    const end = this.#inbox.error ?? this.#closing;
    if (end === undefined) {
      this.#wire.send(message);
      const drained = this.#wire.drained();
      return drained ? this.#sentAfter(drained) : taken;
    }
    const sent = new Sent();
    sent.reject(end);
    return sent;
  }

  /**
   * The next message, read by `codec`, or by the socket's own.
   * @throws as a rejection: `CloseError` at the end; `ValidationError` when the codec cannot read the message, and the
   * socket stays open.
   */
  receive(): Promise<Receive>;
  receive<Value>(codec: Codec<never, Value>): Promise<Value>;
  async receive(codec: Codec<never, unknown> = this.#receive): Promise<unknown> {
    return codec.decode(await this.#inbox.pull());
  }

  /**
   * Sends each value of `values` until they or the socket end. When the socket ends, it calls the iterator's `return` at
   * once and does not wait for it: a generator that awaits something else only stops if it uses `signal`. Rejects with
   * the errors of `values` and of `send`; a result that no code waits for causes no unhandled rejection.
   */
  pipe(values: AsyncIterable<Send> | Iterable<Send>): Promise<void> {
    const piped = this.#pipe(values);
    piped.catch(() => {});
    return piped;
  }

  /**
   * Closes the socket, after the messages that were sent. A second close does nothing. The reason is cut to 123 UTF-8
   * bytes.
   * @throws RangeError for a code that may not be sent.
   */
  close(code: number = CloseCode.Normal, reason = ""): void {
    checkCloseCode(code);
    if (this.#closing !== undefined || this.#inbox.error !== undefined) return;
    this.#closing = new CloseError(code, cutReason(reason));
    this.#wire.close(code, this.#closing.reason);
  }

  /** The messages until the socket ends. A loop that is left leaves the socket open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Receive, void, undefined> {
    for (;;) {
      try {
        yield await this.receive();
      } catch (error) {
        if (error === this.#inbox.error) return;
        throw error;
      }
    }
  }

  /** Ends an iterator before its last value. Rejects with the error of its `return`. */
  protected async abandon(iterator: AsyncIterator<Send> | Iterator<Send>): Promise<void> {
    await iterator.return?.();
  }

  async #pipe(values: AsyncIterable<Send> | Iterable<Send>): Promise<void> {
    const iterator =
      Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
    const endIterator = (): void => void this.abandon(iterator).catch(() => {});
    if (this.#inbox.error !== undefined) return endIterator();
    const { signal } = this;
    let stop = (): void => {};
    // In a later microtask: a synchronous generator cannot return while it runs.
    const stopped = new Promise<void>((resolve) => (stop = resolve)).then(endIterator);
    const ignoreAbort = onAbort(signal, stop);
    try {
      // One race for the whole stream: a race for each value would keep every value until the socket ends.
      await Promise.race([stopped, this.#sendAll(iterator)]);
    } finally {
      ignoreAbort();
    }
  }

  async #sendAll(iterator: AsyncIterator<Send> | Iterator<Send>): Promise<void> {
    const budget = new LoopBudget(this.#wire.nextTurn);
    try {
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
        await this.send(await next.value);
        const turn = budget.step(0);
        if (turn) await turn;
      }
    } catch (error) {
      if (this.#inbox.error !== undefined) return;
      await this.abandon(iterator).catch(() => {});
      if (error !== this.#closing) throw error;
    }
  }

  #sentAfter(drained: Promise<void>): Sent {
    const sent = new Sent();
    void drained.then(() => (this.#inbox.error ? sent.reject(this.#inbox.error) : sent.resolve()));
    return sent;
  }
}
