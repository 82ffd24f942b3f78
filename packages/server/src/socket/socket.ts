import { type Codec, type Message, ValidationError, passthrough } from "@symbolon/protocol";
import { RawSocket, type SocketCodecs } from "@symbolon/protocol/internal";
import { markClientError } from "../request/client-errors.ts";
import { checkExpected, type ExpectedMessage } from "./expect.ts";
import { addStreamEnd } from "./lingering.ts";
import type { AcceptInit } from "../request/exchange.ts";
import type { PendingWire, SocketReadyState } from "./pending-wire.ts";
import { ObservedPromise } from "./observed-promise.ts";

/** How `pair` goes about it. */
export interface PairOptions {
  /** Which comes first. Default "send". */
  readonly first?: "send" | "receive";
}

/**
 * A WebSocket as a handler holds it: the protocol's `Socket`, and `accept`, `pair` and `expect`. Their promises, and
 * those of `receive` and `pipe`, may be left alone: what fails while nobody waits for it ends the socket as if the
 * handler had thrown it, 1011 for a failure, and is told to `onError`; that the socket has ended is no failure.
 */
export class Socket<Receive = Message, Send = unknown> extends RawSocket<Receive, Send> {
  readonly #pending: PendingWire;
  readonly #kind: Codec<never, Receive>["type"];

  constructor(wire: PendingWire, codecs: SocketCodecs<Receive, Send> = {}) {
    super(wire, codecs);
    this.#pending = wire;
    this.#kind = codecs.receive?.type ?? "any";
  }

  /** Where the socket is in its life: "connecting" until it is accepted, "closing" from `close` until the other half has answered. */
  get state(): SocketReadyState {
    return this.#pending.state;
  }

  /**
   * Accepts the handshake; the first `send` or `receive` does it too. While open it has no effect.
   * Rejects with `CloseError` when the socket was closed or has ended, with TypeError for a subprotocol that was not
   * offered, a header of the handshake itself, or a header value that is not ASCII.
   */
  accept(init: AcceptInit = {}): Promise<void> {
    return ObservedPromise.of(this, this.#accept(init));
  }

  override receive(): Promise<Receive>;
  override receive<Value>(codec: Codec<never, Value>): Promise<Value>;
  override receive(codec?: Codec<never, unknown>): Promise<unknown> {
    return ObservedPromise.of(this, this.#take(codec));
  }

  override pipe(values: AsyncIterable<Send> | Iterable<Send>): Promise<void> {
    return ObservedPromise.of(this, super.pipe(values));
  }

  /**
   * Sends a value and resolves with what is received next, read by the codec `as`, or by the socket's own. With
   * `first: "receive"` it sends after it has received, and sends nothing when that cannot be read. Rejects as `send`
   * and `receive` do.
   */
  pair(value: Send, options?: PairOptions): Promise<Receive>;
  pair<Value>(value: Send, options: PairOptions & { readonly as: Codec<never, Value> }): Promise<Value>;
  pair(value: Send, options: PairOptions & { readonly as?: Codec<never, unknown> } = {}): Promise<unknown> {
    return ObservedPromise.of(this, this.#pair(value, options));
  }

  /**
   * Takes the next message and resolves when it is `value`: a string as text, a boolean or a whole number in its
   * notation, bytes as bytes, anything else as the same JSON, whatever the order of its keys. Rejects with
   * `ProtocolError` when another came, which closes with 1002 when nobody catches it, and with `CloseError` at the end.
   * @throws TypeError, as a rejection, for what no message can carry.
   */
  expect(value: ExpectedMessage): Promise<void> {
    return ObservedPromise.of(
      this,
      checkExpected(value, () => this.receive(passthrough)),
    );
  }

  /** From now on, ignores the messages of the kind, text or binary, that the socket's codec does not read. */
  ignoreOtherKinds(): void {
    const kind = this.#kind;
    if (kind !== "any")
      this.#pending.filter((message) => (typeof message === "string" ? "text" : "binary") === kind);
  }

  protected override abandon(iterator: AsyncIterator<Send> | Iterator<Send>): Promise<void> {
    const end = super.abandon(iterator);
    addStreamEnd(this, end);
    return end;
  }

  async #accept(init: AcceptInit): Promise<void> {
    const { state, closing } = this.#pending;
    if (state === "closed") throw this.signal.reason;
    if (closing !== undefined) throw closing;
    await this.#pending.accept(init);
  }

  async #take(codec: Codec<never, unknown> | undefined): Promise<unknown> {
    await this.#pending.requestMessage();
    try {
      return await (codec === undefined ? super.receive() : super.receive(codec));
    } catch (error) {
      throw error instanceof ValidationError ? markClientError(error) : error;
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
