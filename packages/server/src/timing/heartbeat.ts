import { CloseCode } from "@symbolon/protocol";
import type { Wire } from "@symbolon/protocol/internal";
import type { Clock } from "./clock.ts";

/** When the server pings a silent client, and when it closes the connection. */
export interface HeartbeatOptions {
  /**
   * Silence after which the server pings, in ms.
   * @default 25_000
   */
  readonly interval?: number;
  /**
   * How long the client may take to answer a ping, in ms.
   * @default 10_000
   */
  readonly timeout?: number;
}

/** Heartbeat options with their defaults. */
export function resolveHeartbeat({
  interval = 25_000,
  timeout = 10_000,
}: HeartbeatOptions = {}): Required<HeartbeatOptions> {
  return { interval, timeout };
}

/** Unsent bytes above which a client counts as slow (PROTOCOL.md, buffers). */
const slowAbove = 1024 * 1024;
/** How long a slow client may read nothing, in ms. */
const slowTimeout = 10_000;

/**
 * Pings a silent client and terminates the wire if it does not answer. Closes a client whose send buffer is above 1 MiB
 * when the client has read nothing of it for 10 s. Without `ping` the wire is never terminated for silence.
 * @returns stops the heartbeat: call it when the wire has ended.
 */
export function startHeartbeat(
  wire: Wire,
  clock: Clock,
  options: Required<HeartbeatOptions>,
  ping: (() => void) | undefined,
): () => void {
  const heartbeat = new Heartbeat(wire, clock.now, options, ping);
  return clock.subscribe(heartbeat);
}

class Heartbeat {
  readonly #wire: Wire;
  readonly #options: Required<HeartbeatOptions>;
  readonly #ping: (() => void) | undefined;
  /** Arrivals at the last step. A step compares numbers, so a message costs the heartbeat nothing. */
  #arrivals: number;
  #lastArrival: number;
  #pinged = false;
  /** The send buffer at the last step. */
  #unsent = 0;
  #progress: number | undefined;
  #slowSince: number | undefined;

  constructor(wire: Wire, now: number, options: Required<HeartbeatOptions>, ping: (() => void) | undefined) {
    this.#wire = wire;
    this.#options = options;
    this.#ping = ping;
    this.#arrivals = countArrivals(wire);
    this.#lastArrival = now;
    this.#progress = wire.progress;
  }

  step(now: number): void {
    const reads = this.#checkSendBuffer(now);
    const arrivals = countArrivals(this.#wire);
    // What the client sends while the server does not read, a pong too, arrives later; so does a ping behind a full buffer.
    if (arrivals !== this.#arrivals || this.#wire.paused || reads) {
      this.#arrivals = arrivals;
      this.#lastArrival = now;
      this.#pinged = false;
    }
    const silence = now - this.#lastArrival;
    const { interval, timeout } = this.#options;
    if (this.#ping === undefined || silence < interval) return;
    if (silence >= interval + timeout) return this.#wire.terminate();
    if (!this.#pinged) this.#ping();
    this.#pinged = true;
  }

  /** Closes a client that reads too slowly. Returns whether it has read something of a full buffer. */
  #checkSendBuffer(now: number): boolean {
    const { bufferedAmount, progress } = this.#wire;
    const isSlow = bufferedAmount > slowAbove;
    // So much waits in this process only when the buffers of the network are full: the client has read.
    const reads = isSlow && (bufferedAmount < this.#unsent || progress !== this.#progress);
    this.#unsent = bufferedAmount;
    this.#progress = progress;
    if (!isSlow) this.#slowSince = undefined;
    else if (reads) this.#slowSince = now;
    else this.#slowSince ??= now;
    if (this.#slowSince !== undefined && now - this.#slowSince >= slowTimeout) {
      this.#wire.close(CloseCode.SlowConsumer, "reads too slowly");
      this.#wire.terminate();
    }
    return reads;
  }
}

function countArrivals({ arrivals: { messages, pongs } }: Wire): number {
  return messages + pongs;
}
