import {
  CloseCode,
  type Codec,
  Socket as BaseSocket,
  type SocketCodecs,
  type Message,
  type Wire,
  type WireListener,
  WireEvents,
} from "@symbolon/protocol";

/** How a handshake is accepted. */
export interface AcceptInit {
  /** Headers of the 101 answer. */
  readonly headers?: HeadersInit;
  /** The subprotocol to agree on; it must be one that the client offered. */
  readonly subprotocol?: string;
}

/** A wire that is not there yet: it asks for the handshake's acceptance when it is first used. */
export class PendingWire implements Wire {
  readonly #accept: (init: AcceptInit) => Promise<Wire>;
  readonly #watch: (wire: Wire, listener: WireListener) => WireListener;
  readonly #events = new WireEvents();
  #early: Message[] = [];
  #wire: Wire | undefined;
  #accepting: Promise<void> | undefined;
  #refusal: { readonly code: number; readonly reason: string } | undefined;

  /** `watch` wraps the listener of the wire that comes. */
  constructor(
    accept: (init: AcceptInit) => Promise<Wire>,
    watch: (wire: Wire, listener: WireListener) => WireListener,
  ) {
    this.#accept = accept;
    this.#watch = watch;
  }

  /** What `close` was given before the handshake was accepted; undefined when that did not happen. */
  get refusal(): { readonly code: number; readonly reason: string } | undefined {
    return this.#refusal;
  }

  /** Whether acceptance was asked for. */
  get accepted(): boolean {
    return this.#accepting !== undefined;
  }

  get protocol(): string {
    return this.#wire?.protocol ?? "";
  }

  get bufferedAmount(): number {
    return this.#wire?.bufferedAmount ?? 0;
  }

  /** Accepts the handshake, once; later calls give the same promise. One that failed may be tried again, or refused. */
  accept(init: AcceptInit = {}): Promise<void> {
    this.#accepting ??= this.#accept(init).then(
      (wire) => this.#attach(wire),
      (error: unknown) => {
        this.#accepting = undefined; // nothing was accepted: the client still waits for its answer
        throw error;
      },
    );
    return this.#accepting;
  }

  send(message: Message): void {
    if (this.#wire !== undefined) this.#wire.send(message);
    else if (this.#refusal === undefined) {
      this.#early.push(message);
      this.#acceptUnasked();
    }
  }

  drained(): Promise<void> | undefined {
    return this.#wire === undefined && this.#refusal === undefined
      ? this.#accepting?.catch(() => {})
      : this.#wire?.drained();
  }

  close(code: number, reason: string): void {
    if (this.#wire !== undefined) this.#wire.close(code, reason);
    else if (this.#accepting !== undefined)
      void this.#accepting.then(
        () => this.#wire?.close(code, reason),
        () => {},
      );
    else this.#refuse(code, reason);
  }

  terminate(): void {
    if (this.#wire === undefined) this.#refuse(CloseCode.Abnormal, "");
    else this.#wire.terminate();
  }

  listen(listener: WireListener | undefined): void {
    this.#events.listen(listener);
  }

  pause(): void {
    this.#wire?.pause();
  }

  resume(): void {
    this.#wire?.resume();
  }

  ping(): void {
    this.#wire?.ping?.();
  }

  #refuse(code: number, reason: string): void {
    this.#refusal ??= { code, reason };
    this.#events.closed({ ...this.#refusal, wasClean: false });
  }

  #acceptUnasked(): void {
    this.accept().catch(() => this.#refuse(CloseCode.Abnormal, ""));
  }

  #attach(wire: Wire): void {
    this.#wire = wire;
    for (const message of this.#early.splice(0)) wire.send(message);
    wire.listen(this.#watch(wire, this.#events));
  }
}

/** A WebSocket as a handler holds it: the protocol's `Socket`, and `accept`. */
export class Socket<Receive = Message, Send = unknown> extends BaseSocket<Receive, Send> {
  readonly #pending: PendingWire;

  constructor(wire: PendingWire, codecs: SocketCodecs<Receive, Send> = {}) {
    super(wire, codecs);
    this.#pending = wire;
  }

  /**
   * Accepts the handshake; the first `send` or `receive` does it too. While open it has no effect.
   * Rejects with `CloseError` when the socket has ended, with TypeError for a subprotocol that was not offered.
   */
  async accept(init: AcceptInit = {}): Promise<void> {
    if (this.#pending.refusal !== undefined) throw await this.receive().catch((error: unknown) => error);
    await this.#pending.accept(init);
  }

  override receive(): Promise<Receive>;
  override receive<Value>(codec: Codec<never, Value>): Promise<Value>;
  override async receive<Value>(codec?: Codec<never, Value>): Promise<Value | Receive> {
    if (this.#pending.refusal === undefined) await this.#pending.accept();
    return codec === undefined ? super.receive() : super.receive(codec);
  }
}
