import { CloseCode, CloseError, type Closed, type Message } from "@symbolon/protocol";
import { type Wire, WireEvents, type WireListener } from "@symbolon/protocol/internal";
import type { Acceptance, AcceptInit } from "../request/acceptance.ts";
import type { Close } from "../request/errors.ts";
import type { MessageRate } from "../timing/message-rate.ts";
import { type PacedListener, PacedReader } from "../timing/paced-reader.ts";
import { nextTurn } from "../timing/next-turn.ts";

/** The state of a socket: "connecting" until the handshake is accepted, "closing" once the server has called `close`. */
export type SocketReadyState = "connecting" | "open" | "closing" | "closed";

/** How a handshake is accepted without headers and subprotocol. */
const plainInit: AcceptInit = {};

/** Watches a wire once its handshake is accepted. */
interface WireWatcher {
  /** Returns the listener of the wire, which is to call `receive` and `end`. */
  watch(wire: Wire): PacedListener;
}

/** A wire before its handshake is accepted: the first use accepts the handshake. */
export class PendingWire implements Wire {
  readonly nextTurn: () => Promise<void> = nextTurn;
  readonly #acceptance: Acceptance;
  readonly #watcher: WireWatcher;
  readonly #events = new WireEvents();
  /** Messages that were sent before the handshake is accepted; undefined without any. */
  #early: Message[] | undefined;
  #wire: Wire | undefined;
  #opening: Promise<void> | undefined;
  /** How the handshake is accepted. */
  #init: AcceptInit = plainInit;
  #refusal: Required<Close> | undefined;
  #closing: CloseError | undefined;
  #messageRequested = false;
  /** Messages that were delivered and not taken. */
  #untaken = 0;
  #onTaken: (() => void) | undefined;
  #paused = false;
  #reader: PacedReader | undefined;
  readonly #rate: MessageRate;
  #filter: ((message: Message) => boolean) | undefined;

  /** The accepted wire is read no faster than `rate` allows. */
  constructor(acceptance: Acceptance, rate: MessageRate, watcher: WireWatcher) {
    this.#acceptance = acceptance;
    this.#rate = rate;
    this.#watcher = watcher;
  }

  /** The first close before the handshake was accepted; undefined without one. */
  get refusal(): Required<Close> | undefined {
    return this.#refusal;
  }

  /** The state of this wire. */
  get state(): SocketReadyState {
    if (this.#events.ended) return "closed";
    if (this.#closing !== undefined) return "closing";
    return this.#wire === undefined ? "connecting" : "open";
  }

  /** How the server closed the wire; undefined when it did not. */
  get closing(): CloseError | undefined {
    return this.#closing;
  }

  /** Whether the handler has ever called `receive`. */
  get messageRequested(): boolean {
    return this.#messageRequested;
  }

  /** Messages that have arrived, and that a handler which reads has not taken. */
  get unread(): number {
    return this.#messageRequested ? this.#untaken + (this.#reader?.held ?? 0) : 0;
  }

  /** Whether reading is stopped, since the handler has not taken earlier messages, or the client sends too fast. */
  get paused(): boolean {
    return this.#reader?.paused ?? this.#paused;
  }

  get protocol(): string {
    return this.#wire?.protocol ?? "";
  }

  get bufferedAmount(): number {
    return this.#wire?.bufferedAmount ?? 0;
  }

  get arrivals(): Wire["arrivals"] {
    return this.#events;
  }

  /**
   * Accepts the handshake, once; later calls wait for the same end. After a failure it can be called again.
   * @throws TypeError for headers or a subprotocol that the 101 does not have.
   */
  accept(init: AcceptInit = plainInit): Promise<void> {
    if (this.#opening === undefined && this.#wire === undefined) this.#init = init;
    else checkAccepted(this.#init, init);
    if (this.#wire !== undefined) return Promise.resolve();
    this.#opening ??= this.#acceptance.accept(init).then(
      (wire) => this.#attach(wire),
      (error: unknown) => {
        this.#opening = undefined; // nothing was accepted: the client still waits for an answer
        throw error;
      },
    );
    return this.#opening;
  }

  /** The handler reads a message. Accepts the handshake, unless it is accepted or refused already. */
  requestMessage(): Promise<void> | undefined {
    this.#messageRequested = true;
    return this.#wire === undefined && this.#refusal === undefined ? this.accept() : undefined;
  }

  /** The handler has taken a message. */
  messageTaken(): void {
    if (this.#untaken > 0) this.#untaken -= 1; // at the end of the wire there was no message
    this.#onTaken?.();
  }

  /** Resolves when the handler takes a message; the last call counts. */
  nextTaken(): Promise<void> {
    return new Promise((resolve) => (this.#onTaken = resolve));
  }

  /** From now on, drops the messages for which `passes` is false; the last call counts. */
  filter(passes: (message: Message) => boolean): void {
    this.#filter = passes;
  }

  send(message: Message): void {
    if (this.#wire !== undefined) this.#wire.send(message);
    else if (this.#refusal === undefined) {
      (this.#early ??= []).push(typeof message === "string" ? message : message.slice()); // the handler may change its bytes
      this.accept().catch(() => this.abandon());
    }
  }

  drained(): Promise<void> | undefined {
    return this.#wire === undefined && this.#refusal === undefined
      ? this.#opening?.catch(() => {})
      : this.#wire?.drained();
  }

  close(code: number, reason: string): void {
    this.#closing ??= new CloseError(code, reason);
    if (this.#wire !== undefined) this.#wire.close(code, reason);
    else if (this.#opening !== undefined)
      void this.#opening.then(
        () => this.#wire?.close(code, reason),
        () => {},
      );
    else this.#refuse(code, reason);
  }

  /** Ends a wire that will not be accepted any more; an accepted wire ends by itself. */
  abandon(): void {
    if (this.#wire === undefined) this.#refuse(CloseCode.Abnormal, "");
  }

  terminate(): void {
    if (this.#wire === undefined) this.abandon();
    else this.#wire.terminate();
  }

  listen(listener: WireListener | undefined): void {
    this.#events.listen(listener);
  }

  pause(): void {
    this.#paused = true;
    this.#reader?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#reader?.resume();
  }

  ping(): void {
    this.#wire?.ping?.();
  }

  /** A message of so many bytes has arrived on the accepted wire. */
  receive(message: Message, bytes: number): void {
    this.#rate.take(bytes);
    if (this.#filter?.(message) === false) return;
    this.#untaken += 1;
    this.#events.message(message);
  }

  /** The accepted wire has ended. */
  end(closed: Closed): void {
    this.#events.closed(closed);
  }

  #refuse(code: number, reason: string): void {
    this.#refusal ??= { code, reason };
    this.#events.closed({ ...this.#refusal, wasClean: false });
  }

  #attach(wire: Wire): void {
    this.#wire = wire;
    this.#opening = undefined;
    const reader = new PacedReader(wire, this.#rate);
    this.#reader = reader;
    if (this.#paused) reader.pause();
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const message of early) wire.send(message);
    reader.listen(this.#watcher.watch(wire));
  }
}

function checkAccepted(
  accepted: AcceptInit,
  { headers = accepted.headers, subprotocol = accepted.subprotocol }: AcceptInit,
): void {
  const late =
    "the handshake is accepted already: give accept() its headers and subprotocol before the first send or receive";
  if (headers !== accepted.headers || subprotocol !== accepted.subprotocol)
    throw new TypeError(`${late}. listen accepts before open: use listenEach, or responseHeaders in a hook`);
}
