import { CloseCode } from "@symbolon/protocol";
import type { Wire } from "@symbolon/protocol/internal";
import type { Clock, ClockSubscriber } from "./clock.ts";

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
 * when the client has read nothing of it for 10 s.
 */
export class Heartbeat implements ClockSubscriber {
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #options: Required<HeartbeatOptions>;
  readonly #pinger: Pick<Wire, "ping">;
  /** Arrivals at the last step. A step compares numbers, so a message costs the heartbeat nothing. */
  #arrivals: number;
  #lastArrival: number;
  #pinged = false;
  /** The send buffer at the last step. */
  #unsent = 0;
  #progress: number | undefined;
  #slowSince: number | undefined;

  /** It runs until `stop`. `pinger` pings; if it cannot, the wire is never terminated for silence. */
  constructor(
    wire: Wire,
    clock: Clock,
    options: Required<HeartbeatOptions>,
    pinger: Pick<Wire, "ping"> = wire,
  ) {
    this.#wire = wire;
    this.#clock = clock;
    this.#options = options;
    this.#pinger = pinger;
    this.#arrivals = countArrivals(wire);
    this.#lastArrival = clock.now;
    this.#progress = wire.progress;
    clock.subscribe(this);
  }

  /** Stops the heartbeat: call it when the wire has ended. */
  stop(): void {
    this.#clock.unsubscribe(this);
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
    if (this.#pinger.ping === undefined || silence < interval) return;
    if (silence >= interval + timeout) return this.#wire.terminate();
    if (!this.#pinged) this.#pinger.ping();
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
