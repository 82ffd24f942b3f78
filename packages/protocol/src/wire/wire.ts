import type { NextTurn } from "../async/event-loop.ts";
import type { Closed } from "../errors.ts";

/** One WebSocket message: a string for a text message, bytes for a binary one. */
export type Message = string | Uint8Array;

/** Receives what happens on a wire. */
export interface WireListener {
  /** A whole message arrived. */
  message(message: Message): void;
  /** The wire ended. Called exactly once; nothing is called after it. */
  closed(closed: Closed): void;
}

/** How much has arrived on a wire since it was made. */
export interface Arrivals {
  readonly messages: number;
  readonly pongs: number;
}

/** One WebSocket: the least that a platform has to provide. */
export interface Wire {
  /** The subprotocol of the handshake, or the empty string. */
  readonly protocol: string;
  /** Bytes that were sent but have not left this process. */
  readonly bufferedAmount: number;
  /** Changes while the remote peer reads, where the platform knows it before `bufferedAmount` changes. */
  readonly progress?: number | undefined;
  /** Messages and pongs that have arrived, whether or not a listener has received them. */
  readonly arrivals: Arrivals;
  /** Sends a message; on a closed wire it does nothing. Never throws. */
  send(message: Message): void;
  /** Undefined while the wire takes more; else a promise that resolves when it has drained, or has ended. */
  drained(): Promise<void> | undefined;
  /** Starts the closing handshake with a code that may be sent. Never throws; a second close does nothing. */
  close(code: number, reason: string): void;
  /** Ends the wire at once, without the closing handshake: its listener receives 1006. */
  terminate(): void;
  /** Sets the one listener, or removes it: without one the wire keeps what arrives, and delivers it in order to the next. */
  listen(listener: WireListener | undefined): void;
  /** Whether this process has stopped reading: silence proves nothing then. */
  readonly paused: boolean;
  /** Stops reading, where the platform can; in a browser it does nothing. */
  pause(): void;
  /** Reads again after `pause`. */
  resume(): void;
  /** Resolves in a later turn of the event loop. @default a loop that sends on the wire does not wait for it */
  readonly nextTurn?: NextTurn;
  /** Sends the ping of RFC 6455 §5.5.2, where the platform can. */
  ping?(): void;
}

/** Delivers what happens on a wire, and keeps it while there is no listener: no message of the first packet is lost. */
export class WireEvents implements WireListener, Arrivals {
  /** How many messages have arrived before the end. */
  messages = 0;
  /** How many pongs have arrived before the end. */
  pongs = 0;
  /** Undefined while no message has waited. */
  #messages: Message[] | undefined;
  #closed: Closed | undefined;
  #listener: WireListener | undefined;
  #ended = false;

  /** Whether the wire has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** How many events wait for the next listener. */
  get buffered(): number {
    return (this.#messages?.length ?? 0) + (this.#closed === undefined ? 0 : 1);
  }

  message(message: Message): void {
    if (this.#ended) return;
    this.messages += 1;
    if (this.#listener !== undefined && !this.#messages?.length) return this.#listener.message(message);
    (this.#messages ??= []).push(message);
    this.#deliver();
  }

  closed(closed: Closed): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#closed = closed;
    this.#deliver();
  }

  /** The remote peer answered a `ping`. */
  pong(): void {
    if (!this.#ended) this.pongs += 1;
  }

  /** Delivers to `listener` what was kept, then everything that happens; without one, keeps what happens. */
  listen(listener: WireListener | undefined): void {
    this.#listener = listener;
    this.#deliver();
  }

  // A listener may replace itself with each event that it receives.
  #deliver(): void {
    while (this.#listener !== undefined && this.buffered > 0) {
      const message = this.#messages?.shift();
      const closed = this.#closed;
      if (message !== undefined) this.#listener.message(message);
      else if (closed !== undefined) {
        this.#closed = undefined;
        this.#listener.closed(closed);
      }
    }
  }
}
