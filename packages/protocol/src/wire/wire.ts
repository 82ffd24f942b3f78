import { CloseCode } from "./close-code.ts";
import type { Closed } from "../errors.ts";

/** One WebSocket message: a string for a text message, bytes for a binary one. */
export type Message = string | Uint8Array;

/** What happens on a wire, told to the one who listens. */
export interface WireListener {
  /** A whole message arrived. */
  message(message: Message): void;
  /** The wire ended; told exactly once, and nothing is told after it. */
  closed(closed: Closed): void;
  /** A `ping` was answered. */
  pong?(): void;
}

/** How much has arrived on a wire since it was made. */
interface Arrivals {
  readonly messages: number;
  readonly pongs: number;
}

/** The least a WebSocket must do for us. */
export interface Wire {
  /** The subprotocol that was agreed, or the empty string. */
  readonly protocol: string;
  /** Bytes that were sent but have not left this process. */
  readonly bufferedAmount: number;
  /** Messages and pongs that have arrived, whether or not a listener has received them. */
  readonly arrivals: Arrivals;
  /** Sends a message; on a closed wire it does nothing. Never throws. */
  send(message: Message): void;
  /** Undefined while there is room for more; else a promise that resolves when there is room, or the wire has ended. */
  drained(): Promise<void> | undefined;
  /** Starts the closing handshake with a code one may send. Never throws; a second close does nothing. */
  close(code: number, reason: string): void;
  /** Ends the wire at once, without the closing handshake: the listener is told 1006. */
  terminate(): void;
  /** Names the one listener, or none: what arrives while there is none is kept and told first, in order. */
  listen(listener: WireListener | undefined): void;
  /** Stops reading, where the platform can; a browser cannot, and does nothing. */
  pause(): void;
  /** Reads again after `pause`. */
  resume(): void;
  /** Asks for a sign of life with the protocol's own ping (RFC 6455 §5.5.2), where the platform can. */
  ping?(): void;
}

/** Keeps what happens on a wire until someone listens, so that a message glued to the handshake is never lost. */
export class WireEvents implements WireListener {
  /** What has arrived before the end. */
  readonly arrivals = { messages: 0, pongs: 0 };
  readonly #kept: ((listener: WireListener) => void)[] = [];
  #listener: WireListener | undefined;
  #ended = false;

  /** Whether `closed` was told. */
  get ended(): boolean {
    return this.#ended;
  }

  /** How many events are kept for the next listener. */
  get buffered(): number {
    return this.#kept.length;
  }

  message(message: Message): void {
    if (this.#ended) return;
    this.arrivals.messages += 1;
    this.#tell((listener) => listener.message(message));
  }

  closed(closed: Closed): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#tell((listener) => listener.closed(closed));
  }

  pong(): void {
    if (this.#ended) return;
    this.arrivals.pongs += 1;
    this.#listener?.pong?.();
  }

  /** Tells `listener` what was kept, then everything that comes; without one, keeps what comes. */
  listen(listener: WireListener | undefined): void {
    this.#listener = listener;
    while (this.#listener !== undefined && this.#kept.length > 0) this.#kept.shift()?.(this.#listener);
  }

  #tell(event: (listener: WireListener) => void): void {
    this.#kept.push(event);
    this.listen(this.#listener);
  }
}

/** One end of two wires joined back to back in memory; a message arrives in a later microtask, as on a network. */
class JoinedWire implements Wire {
  readonly protocol: string;
  readonly bufferedAmount = 0;
  readonly #events = new WireEvents();
  #other: JoinedWire | undefined;
  #closing = false;
  #paused: Promise<void> | undefined;
  #unpause: (() => void) | undefined;

  constructor(protocol: string) {
    this.protocol = protocol;
  }

  /** Resolves when this end reads again; undefined while it reads. */
  get paused(): Promise<void> | undefined {
    return this.#paused;
  }

  get arrivals(): Arrivals {
    return this.#events.arrivals;
  }

  join(other: JoinedWire): void {
    this.#other = other;
  }

  send(message: Message): void {
    if (this.#closing || this.#events.ended) return;
    this.#later((other) => other.#events.message(message));
  }

  drained(): Promise<void> | undefined {
    return this.#events.ended ? undefined : this.#other?.paused;
  }

  close(code: number, reason: string): void {
    if (this.#closing || this.#events.ended) return;
    this.#closing = true;
    const closed = { code, reason, wasClean: true };
    this.#later((other) => {
      other.#end(closed);
      void Promise.resolve().then(() => this.#end(closed));
    });
  }

  terminate(): void {
    const broken = { code: CloseCode.Abnormal, reason: "", wasClean: false };
    for (const end of this.#other === undefined ? [this] : [this, this.#other]) {
      end.resume();
      void Promise.resolve().then(() => end.#end(broken));
    }
  }

  listen(listener: WireListener | undefined): void {
    this.#events.listen(listener);
  }

  pause(): void {
    this.#paused ??= new Promise((resolve) => (this.#unpause = resolve));
  }

  resume(): void {
    this.#unpause?.();
    this.#paused = undefined;
  }

  #end(closed: Closed): void {
    this.resume(); // nobody waits for a wire that has ended
    this.#events.closed(closed);
  }

  #later(event: (other: JoinedWire) => void): void {
    const other = this.#other;
    if (other === undefined) return;
    const paused = other.paused ?? Promise.resolve();
    void paused.then(() => event(other));
  }
}

/** Two wires joined back to back in memory: what one sends, the other is told. */
export function joinedWires(protocol = ""): [Wire, Wire] {
  const one = new JoinedWire(protocol);
  const two = new JoinedWire(protocol);
  one.join(two);
  two.join(one);
  return [one, two];
}
