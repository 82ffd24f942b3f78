import { CloseCode, type Codec, type Message, ValidationError } from "@symbolon/protocol";
import { Inbox, isThenable, passthrough, RawSocket, type SocketCodecs } from "@symbolon/protocol/internal";
import type { AcceptInit } from "../request/acceptance.ts";
import { type Close, markClientError } from "../request/errors.ts";
import { checkExpected, type ExpectedMessage } from "./expect.ts";
import { MessageIterator } from "./message-iterator.ts";
import { MessageReader } from "./message-reader.ts";
import { ObservedPromise } from "./observed-promise.ts";
import type { PendingWire, SocketReadyState } from "./pending-wire.ts";
import { socketState } from "./socket-state.ts";

/** Options of `pair`. */
export interface PairOptions {
  /**
   * Which comes first.
   * @default "send"
   */
  readonly first?: "send" | "receive";
}

/**
 * Calls `handle` with one message after another until the socket ends; the next one waits for a promise that `handle`
 * returns. Rejects with what it throws.
 */
export let readEach: <Value>(
  socket: Socket<Value, never>,
  handle: (value: Value) => unknown,
) => Promise<void>;

/**
 * A WebSocket as a handler holds it: the protocol's `RawSocket` with `accept`, `pair` and `expect`. The promises of these,
 * of `receive` and of `pipe` may be left alone: when no code waits for one that fails, the socket ends as if the handler
 * had thrown the error, with 1011 for a failure, and `onError` is called. The end of the socket is no failure.
 */
export class Socket<Receive = Message, Send = unknown> extends RawSocket<Receive, Send> {
  readonly #pending: PendingWire;
  readonly #reader: MessageReader<Receive>;

  constructor(wire: PendingWire, codecs: SocketCodecs<Receive, Send> = {}) {
    const inbox = new Inbox(wire);
    super(wire, codecs, inbox);
    this.#pending = wire;
    socketState(this).wire = wire;
    const codec = codecs.receive ?? (passthrough as unknown as Codec<never, Receive>);
    this.#reader = new MessageReader(wire, inbox, codec);
  }

  static {
    // A socket of another copy of this package has no reader of this one.
    readEach = (socket, handle) =>
      #reader in socket && !socket.#hasOwnReceive ? socket.#readEach(handle) : iterate(socket, handle);
  }

  /** The state of the socket: "connecting" until it is accepted, "closing" from `close` until the client has answered. */
  get state(): SocketReadyState {
    return this.#pending.state;
  }

  /**
   * Accepts the handshake; the first `send` or `receive` does it too, and `listen` before its `open`. On an open socket it
   * has no effect.
   * @throws as a rejection: `CloseError` when the socket was closed or has ended; TypeError for a subprotocol that the
   * client did not offer, for a header that the handshake sets itself, and for a header value beyond ASCII, and for headers
   * or another subprotocol when the handshake is accepted already.
   */
  accept(init?: AcceptInit): Promise<void> {
    return ObservedPromise.for(this, this.#accept(init));
  }

  override receive(): Promise<Receive>;
  override receive<Value>(codec: Codec<never, Value>): Promise<Value>;
  override receive(codec?: Codec<never, unknown>): Promise<unknown> {
    return ObservedPromise.for(this, this.#receive(codec));
  }

  override [Symbol.asyncIterator](): AsyncGenerator<Receive, void, undefined> {
    if (this.#hasOwnReceive) return super[Symbol.asyncIterator]();
    return new MessageIterator(this.#reader);
  }

  override pipe(values: AsyncIterable<Send> | Iterable<Send>): Promise<void> {
    return ObservedPromise.for(this, super.pipe(values));
  }

  /**
   * Sends a value and resolves with the next message, read by the codec `as`, or by the socket's own. With
   * `first: "receive"` it sends after it has received, and sends nothing when it cannot read the message. Rejects as
   * `send` and `receive` do.
   */
  pair(value: Send, options?: PairOptions): Promise<Receive>;
  pair<Value>(value: Send, options: PairOptions & { readonly as: Codec<never, Value> }): Promise<Value>;
  pair(value: Send, options: PairOptions & { readonly as?: Codec<never, unknown> } = {}): Promise<unknown> {
    return ObservedPromise.for(this, this.#pair(value, options));
  }

  /**
   * Receives the next message and resolves when it is `value`: a string as text, a boolean or a whole number as `bool`
   * and `int` read it, bytes as bytes, another value as the same JSON, in any order of its keys.
   * @throws as a rejection: `ProtocolError` for another message, which closes with 1002 when no code catches it;
   * `CloseError` at the end; TypeError for a value that no message can carry.
   */
  expect(value: ExpectedMessage): Promise<void> {
    return ObservedPromise.for(
      this,
      checkExpected(value, () => this.receive(passthrough)),
    );
  }

  /** Drops the messages of the type, text or binary, that the socket's codec does not read. Reports the first one. */
  ignoreOtherTypes(): void {
    const { type } = this.#reader;
    if (type === "any") return;
    let isReported = false;
    this.#pending.filter((message) => {
      const found = typeof message === "string" ? "text" : "binary";
      if (found === type) return true;
      if (!isReported) void socketState(this).exchange?.report(droppedMessage(type, found), "receive");
      isReported = true;
      return false;
    });
  }

  protected override abandon(iterator: AsyncIterator<Send> | Iterator<Send>): Promise<void> {
    const end = super.abandon(iterator);
    socketState(this).addStreamEnd(end);
    return end;
  }

  async #accept(init: AcceptInit | undefined): Promise<void> {
    const { state, closing } = this.#pending;
    if (state === "closed") throw this.signal.reason;
    if (closing !== undefined) throw closing;
    await this.#pending.accept(init);
  }

  /** Whether a class of the app receives in its own way. */
  get #hasOwnReceive(): boolean {
    return this.receive !== Socket.prototype.receive;
  }

  async #receive(codec: Codec<never, unknown> | undefined): Promise<unknown> {
    return this.#reader.decode(await this.#reader.take(), codec);
  }

  async #readEach(handle: (value: Receive) => unknown): Promise<void> {
    try {
      for (;;) {
        const message = this.#reader.take();
        const value = this.#reader.decode(isThenable(message) ? await message : message);
        const handled = handle((isThenable(value) ? await value : value) as Receive);
        if (isThenable(handled)) await handled;
      }
    } catch (error) {
      if (!this.#reader.isEnd(error)) throw error;
    }
  }

  async #pair(
    value: Send,
    { as, first = "send" }: PairOptions & { readonly as?: Codec<never, unknown> },
  ): Promise<unknown> {
    if (first === "send") await this.send(value);
    const received = await (as === undefined ? this.receive() : this.receive(as));
    if (first === "receive") await this.send(value);
    return received;
  }
}

async function iterate<Value>(
  values: AsyncIterable<Value>,
  handle: (value: Value) => unknown,
): Promise<void> {
  for await (const value of values) await handle(value);
}

function droppedMessage(type: string, found: string): Error {
  const message = `expected a ${type} message, got a ${found} one: the listener drops it, and the later ones. A codec that reads both, or no option receive, lets them in`;
  return markClientError(new ValidationError([{ message }]));
}

/** Closes a socket in any case: though the code is illegal, or the app's own class has a `close` that fails. */
export function forceClose(socket: Socket, { code, reason }: Required<Close>): void {
  try {
    socket.close(code, reason);
  } catch (error) {
    void socketState(socket).exchange?.report(error, "open");
    Socket.prototype.close.call(socket, CloseCode.InternalError);
  }
}
