import type { Closed, Message } from "@symbolon/protocol";
import type { Wire, WireListener } from "@symbolon/protocol/internal";
import type { MessageRate } from "./message-rate.ts";

/** A listener that also learns of the pings of the client's WebSocket. */
export interface PacedListener extends WireListener {
  /** A ping of RFC 6455 §5.5.2 has arrived; the platform answers it. */
  pinged?(): void;
  /**
   * The client's close frame, or an invalid frame, has arrived: no message comes after it. The server answers it when the
   * promise has resolved; without a promise in the next turn of the event loop.
   */
  closing?(): Promise<void> | undefined;
}

/**
 * Reads a wire no faster than its client may send. Beyond that it stops reading, and holds back the messages that have
 * arrived already; they are delivered at the rate. The listener counts them. At the end of the wire they are all delivered.
 */
export class PacedReader implements PacedListener {
  readonly #wire: Wire;
  readonly #rate: MessageRate;
  #listener: PacedListener | undefined;
  /** Messages that have arrived too soon, in order; undefined while the client sends no more than it may. */
  #early: Set<{ readonly message: Message }> | undefined;
  /** Whether the client has sent what it may. */
  #limited = false;
  /** Whether what has arrived too soon is about to be delivered. */
  #scheduled = false;
  /** Whether the listener has stopped reading. */
  #paused = false;

  constructor(wire: Wire, rate: MessageRate) {
    this.#wire = wire;
    this.#rate = rate;
  }

  /** Whether reading is stopped. */
  get paused(): boolean {
    return this.#limited || this.#paused;
  }

  /** How many messages are held back. */
  get held(): number {
    return this.#early?.size ?? 0;
  }

  /** Delivers what arrives from now on. */
  listen(listener: PacedListener): void {
    this.#listener = listener;
    this.#wire.listen(this);
  }

  message(message: Message): void {
    if (!this.#limited && !this.#rate.allows) this.#limit();
    if (this.#limited) (this.#early ??= new Set()).add({ message });
    else this.#listener?.message(message);
  }

  closed(closed: Closed): void {
    while (this.held > 0) this.#deliverNext();
    this.#listener?.closed(closed);
  }

  pinged(): void {
    this.#rate.take(0);
    if (!this.#limited && !this.#rate.allows) this.#limit();
  }

  closing(): Promise<void> | undefined {
    return this.#listener?.closing?.();
  }

  /** Stops reading. */
  pause(): void {
    this.#paused = true;
    this.#wire.pause();
  }

  /** Reads again after `pause`, as far as the rate allows. */
  resume(): void {
    this.#paused = false;
    if (!this.#limited) this.#wire.resume();
    else if (!this.#scheduled) this.#schedule(Promise.resolve());
  }

  /** The client has sent what it may. */
  #limit(): void {
    this.#limited = true;
    this.#wire.pause();
    this.#schedule(this.#rate.whenAllowed());
  }

  #schedule(due: Promise<void>): void {
    this.#scheduled = true;
    void due.then(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    while (this.held > 0 && !this.#paused && this.#rate.allows) this.#deliverNext();
    if (this.#paused) return;
    if (this.held > 0 || !this.#rate.allows) return this.#schedule(this.#rate.whenAllowed());
    this.#limited = false;
    this.#wire.resume();
  }

  #deliverNext(): void {
    const [next] = this.#early ?? [];
    if (next === undefined) return;
    this.#early?.delete(next);
    this.#listener?.message(next.message);
  }
}
