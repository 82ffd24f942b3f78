import { CloseCode, CloseError, type Message } from "@symbolon/protocol";
import { type Wire, type WireListener, WireEvents } from "@symbolon/protocol/internal";

import type { AcceptInit } from "../request/exchange.ts";

/** Where a socket is in its life: "connecting" until the handshake is accepted, "closing" from this half's close on. */
export type SocketReadyState = "connecting" | "open" | "closing" | "closed";

/** A wire that is not there yet: it asks for the handshake's acceptance when it is first used. */
export class PendingWire implements Wire {
  readonly #accept: (init: AcceptInit) => Promise<Wire>;
  readonly #watch: (wire: Wire, listener: WireListener) => WireListener;
  readonly #events = new WireEvents();
  #early: Message[] = [];
  #wire: Wire | undefined;
  #accepting: Promise<void> | undefined;
  #refusal: { readonly code: number; readonly reason: string } | undefined;
  #closing: CloseError | undefined;
  #asked = false;
  #paused = false;
  #passes: ((message: Message) => boolean) | undefined;

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

  /** Where this wire is in its life. */
  get state(): SocketReadyState {
    if (this.#events.ended) return "closed";
    if (this.#closing !== undefined) return "closing";
    return this.#wire === undefined ? "connecting" : "open";
  }

  /** How this half closed the wire; undefined when it did not. */
  get closing(): CloseError | undefined {
    return this.#closing;
  }

  /** Whether a message was ever asked for. */
  get messageRequested(): boolean {
    return this.#asked;
  }

  /** Whether reading was stopped, for nobody took what had come. */
  get paused(): boolean {
    return this.#paused;
  }

  get protocol(): string {
    return this.#wire?.protocol ?? "";
  }

  get bufferedAmount(): number {
    return this.#wire?.bufferedAmount ?? 0;
  }

  get arrivals(): Wire["arrivals"] {
    return this.#events.arrivals;
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

  /** Accepts the handshake because a message is asked for; after a refusal it does nothing. */
  requestMessage(): Promise<void> | undefined {
    this.#asked = true;
    return this.#refusal === undefined ? this.accept() : undefined;
  }

  /** From now on, drops the messages for which `passes` is false; the last call counts. */
  filter(passes: (message: Message) => boolean): void {
    this.#passes = passes;
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
    this.#closing ??= new CloseError(code, reason);
    if (this.#wire !== undefined) this.#wire.close(code, reason);
    else if (this.#accepting !== undefined)
      void this.#accepting.then(
        () => this.#wire?.close(code, reason),
        () => {},
      );
    else this.#refuse(code, reason);
  }

  /** The client has left: before the handshake was accepted that is the end, and after it the wire knows. */
  clientLeft(): void {
    if (this.#wire === undefined) this.#refuse(CloseCode.Abnormal, "");
  }

  terminate(): void {
    if (this.#wire === undefined) this.#refuse(CloseCode.Abnormal, "");
    else this.#wire.terminate();
  }

  listen(listener: WireListener | undefined): void {
    this.#events.listen(listener);
  }

  pause(): void {
    this.#paused = true;
    this.#wire?.pause();
  }

  resume(): void {
    this.#paused = false;
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
    const listener: WireListener = {
      message: (message) => {
        if (this.#passes?.(message) ?? true) this.#events.message(message);
      },
      closed: (closed) => this.#events.closed(closed),
      pong: () => this.#events.pong(),
    };
    wire.listen(this.#watch(wire, listener));
  }
}
