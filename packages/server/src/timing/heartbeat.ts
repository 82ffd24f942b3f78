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
/** How long a client may stay slow, in ms. */
const slowTimeout = 10_000;

/**
 * Pings a silent client and terminates the wire if it does not answer. Closes a client whose send buffer stays above
 * 1 MiB for 10 s. Without `ping` the wire is never terminated for silence.
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
  #slowSince: number | undefined;

  constructor(wire: Wire, now: number, options: Required<HeartbeatOptions>, ping: (() => void) | undefined) {
    this.#wire = wire;
    this.#options = options;
    this.#ping = ping;
    this.#arrivals = countArrivals(wire);
    this.#lastArrival = now;
  }

  step(now: number): void {
    this.#checkSendBuffer(now);
    const arrivals = countArrivals(this.#wire);
    // What the client sends while the server does not read, a pong too, arrives later.
    if (arrivals !== this.#arrivals || this.#wire.paused) {
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

  #checkSendBuffer(now: number): void {
    if (this.#wire.bufferedAmount <= slowAbove) this.#slowSince = undefined;
    else this.#slowSince ??= now;
    if (this.#slowSince === undefined || now - this.#slowSince < slowTimeout) return;
    this.#wire.close(CloseCode.SlowConsumer, "reads too slowly");
    this.#wire.terminate();
  }
}

function countArrivals({ arrivals: { messages, pongs } }: Wire): number {
  return messages + pongs;
}
