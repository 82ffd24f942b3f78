/** What waits to be sent on one connection. */
export interface OutboundBuffer {
  /** Bytes that wait, those of what keeps them included. */
  readonly heldBytes: number;
  /** Breaks the connection and frees what waits. */
  stop(): void;
  /** Informs the listener of the end of a stopped connection. */
  drop(): void;
}

/** The part of the limit that remains when connections were stopped: it is not exceeded again at once. */
const remaining = 3 / 4;
/** The part of the limit that may be added before all buffers are measured again. */
const slack = 1 / 16;
/** How many listeners are informed in one turn of the event loop. */
const dropsPerTurn = 16;

/**
 * Bounds what waits to be sent on all connections of a server together. Beyond the limit the fullest connections are
 * stopped at once. Their listeners are informed a few in each turn of the event loop, since each may have much to clean up.
 */
export class OutboundBuffers {
  readonly #limit: number;
  readonly #buffers = new Set<OutboundBuffer>();
  /** Stopped connections whose listeners are still to be informed. */
  readonly #stopped = new Set<OutboundBuffer>();
  /** How much more may be added before all buffers are measured. */
  #unmeasured: number;

  /** `limit` is in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#unmeasured = limit;
  }

  /** A connection is open. */
  add(buffer: OutboundBuffer): void {
    this.#buffers.add(buffer);
  }

  /** A connection has ended. */
  remove(buffer: OutboundBuffer): void {
    this.#buffers.delete(buffer);
  }

  /** So many bytes were added to a buffer. */
  added(bytes: number): void {
    this.#unmeasured -= bytes;
    if (this.#unmeasured < 0) this.#measure();
  }

  #measure(): void {
    const held = Array.from(this.#buffers, (buffer) => ({ buffer, bytes: buffer.heldBytes }));
    let total = held.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total > this.#limit) {
      held.sort((one, other) => other.bytes - one.bytes);
      for (const { buffer, bytes } of held) {
        if (total <= this.#limit * remaining) break;
        total -= bytes;
        this.#stop(buffer);
      }
    }
    this.#unmeasured = Math.max(this.#limit - total, this.#limit * slack);
  }

  #stop(buffer: OutboundBuffer): void {
    this.#buffers.delete(buffer);
    buffer.stop();
    this.#stopped.add(buffer);
    if (this.#stopped.size === 1) setImmediate(() => this.#dropSome());
  }

  #dropSome(): void {
    const next = [...this.#stopped].slice(0, dropsPerTurn);
    for (const buffer of next) buffer.drop();
    for (const buffer of next) this.#stopped.delete(buffer);
    if (this.#stopped.size > 0) setImmediate(() => this.#dropSome());
  }
}
