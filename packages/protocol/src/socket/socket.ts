import { checkCloseCode, CloseCode, cutReason } from "../wire/close.ts";
import { type Codec, passthrough } from "./codec.ts";
import { CloseError, type Closed } from "../errors.ts";
import { BoundedQueue } from "../async/queue.ts";
import { Sent } from "../async/sent.ts";
import type { Message, Wire } from "../wire/wire.ts";

/** The codecs of a socket, each way. Default: strings and bytes as they are, other values out as JSON. */
export interface SocketCodecs<Receive = Message, Send = unknown> {
  readonly receive?: Codec<never, Receive>;
  readonly send?: Codec<Send, unknown>;
}

/** A raw WebSocket as an async iterable: `send`, `receive`, `pipe`, `close`. */
export class RawSocket<Receive = Message, Send = unknown> implements AsyncIterable<Receive> {
  /** Resolves when the socket has ended, by either half or a broken connection. Never rejects. */
  readonly closed: Promise<Closed>;
  readonly #wire: Wire;
  readonly #receive: Codec<never, Receive>;
  readonly #send: Codec<Send, unknown>;
  readonly #inbox: BoundedQueue<Message>;
  #ended: CloseError | undefined;
  #closing: CloseError | undefined;
  #abort: AbortController | undefined;

  constructor(wire: Wire, codecs: SocketCodecs<Receive, Send> = {}) {
    this.#wire = wire;
    // Without a codec a message is read as it came and a value written as it is: the defaults of the type parameters.
    this.#receive = codecs.receive ?? (passthrough as unknown as Codec<never, Receive>);
    this.#send = codecs.send ?? passthrough;
    this.#inbox = new BoundedQueue({ onFull: () => wire.pause(), onDrain: () => wire.resume() });
    this.closed = new Promise((resolve) => {
      wire.listen({
        message: (message) => this.#inbox.push(message),
        closed: (closed) => {
          this.#finish(new CloseError(closed.code, closed.reason, closed.wasClean));
          resolve(closed);
        },
      });
    });
  }

  /** The agreed subprotocol, or the empty string. */
  get protocol(): string {
    return this.#wire.protocol;
  }

  /** Bytes that were sent but have not left this process. */
  get bufferedAmount(): number {
    return this.#wire.bufferedAmount;
  }

  /** Aborts at once when the socket ends, with the `CloseError` as its reason. */
  get signal(): AbortSignal {
    // Made when first asked for: a controller for every socket would cost more than the rest of it.
    this.#abort ??= new AbortController();
    if (this.#ended !== undefined) this.#abort.abort(this.#ended);
    return this.#abort.signal;
  }

  /**
   * Sends a value. Await it to be paced: it settles when the socket has taken the message.
   * @throws ValidationError or TypeError at once when the codec cannot write the value; rejects with `CloseError`
   * when the socket has ended.
   */
  send(value: Send): Sent {
    const sent = new Sent();
    const message = this.#send.encode(value);
    const over = this.#ended ?? this.#closing;
    if (over !== undefined) sent.reject(over);
    else {
      this.#wire.send(message);
      const drained = this.#wire.drained();
      if (drained === undefined) sent.resolve();
      else void drained.then(() => (this.#ended === undefined ? sent.resolve() : sent.reject(this.#ended)));
    }
    return sent;
  }

  /** The next message, read by `codec`, or by the socket's own. Rejects with `CloseError` at the end, and with `ValidationError` when the message is not of the codec; the socket stays open. */
  receive(): Promise<Receive>;
  receive<Value>(codec: Codec<never, Value>): Promise<Value>;
  async receive(codec: Codec<never, unknown> = this.#receive): Promise<unknown> {
    return codec.decode(await this.#inbox.pull());
  }

  /**
   * Sends each value of `values` until they end or the socket does. When the socket ends the iterator is returned at
   * once, and not waited for: a generator that awaits something else cannot be interrupted, unless it heeds `signal`.
   * Rejects with what `values` throw, and with what `send` throws for a value; left alone, it raises no unhandled
   * rejection.
   */
  pipe(values: AsyncIterable<Send> | Iterable<Send>): Promise<void> {
    const piped = this.#pipe(values);
    piped.catch(() => {});
    return piped;
  }

  /**
   * Closes the socket, after what was sent. A second close does nothing.
   * @throws RangeError for a code that may not be sent; the reason is cut to 123 UTF-8 bytes.
   */
  close(code: number = CloseCode.Normal, reason = ""): void {
    checkCloseCode(code);
    if (this.#closing !== undefined || this.#ended !== undefined) return;
    this.#closing = new CloseError(code, cutReason(reason));
    this.#wire.close(code, this.#closing.reason);
  }

  /** Message by message until the socket ends; leaving the loop leaves the socket open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Receive, void, undefined> {
    for (;;) {
      try {
        yield await this.receive();
      } catch (error) {
        if (error === this.#ended) return;
        throw error;
      }
    }
  }

  /** Returns an iterator that is asked for no more values. Rejects with what its ending throws. */
  protected async abandon(iterator: AsyncIterator<Send> | Iterator<Send>): Promise<void> {
    await iterator.return?.();
  }

  async #pipe(values: AsyncIterable<Send> | Iterable<Send>): Promise<void> {
    const iterator =
      Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
    const drop = (): void => void this.abandon(iterator).catch(() => {});
    if (this.#ended !== undefined) return drop();
    const { signal } = this;
    let stop = (): void => {};
    // In a later microtask: a plain generator that is running cannot be returned.
    const stopped = new Promise<void>((resolve) => (stop = resolve)).then(drop);
    signal.addEventListener("abort", stop);
    try {
      // One race for the whole stream: a race for each value would keep them all until the socket ends.
      await Promise.race([stopped, this.#sendAll(iterator)]);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  async #sendAll(iterator: AsyncIterator<Send> | Iterator<Send>): Promise<void> {
    try {
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
        await this.send(await next.value);
    } catch (error) {
      if (this.#ended !== undefined) return;
      await this.abandon(iterator).catch(() => {});
      if (error !== this.#closing) throw error;
    }
  }

  #finish(error: CloseError): void {
    this.#ended = error;
    this.#inbox.end(error);
    this.#abort?.abort(error);
  }
}
