import { CloseCode } from "@symbolon/protocol";
import type { Wire, WireListener } from "@symbolon/protocol/internal";
import type { Clock } from "./clock.ts";

/** When a silent client is asked, and when it is given up. */
export interface HeartbeatOptions {
  /** Silence, in ms, after which the client is asked for a sign of life. Default 25,000. */
  readonly interval: number;
  /** How long it may take to answer, in ms. Default 10,000. */
  readonly timeout: number;
}

/** Bytes that may wait in a socket before its client counts as slow (PROTOCOL.md, buffers). */
const slowAbove = 1024 * 1024;
/** How long a client may be slow, in ms. */
const slowFor = 10_000;

/**
 * Watches a wire until it ends: a client that is silent is asked by `ping` and then given up, and so is one that reads
 * too slowly. Without `ping`, silence is no sign of anything.
 * @returns the listener to give to the wire; it tells `listener` everything.
 */
export function withHeartbeat(
  listener: WireListener,
  wire: Wire,
  clock: Clock,
  options: HeartbeatOptions,
  ping: (() => void) | undefined,
): WireListener {
  const heartbeat = new Heartbeat(wire, clock, options, ping);
  return {
    message: (message) => {
      heartbeat.received();
      listener.message(message);
    },
    pong: () => heartbeat.received(),
    closed: (closed) => {
      heartbeat.stop();
      listener.closed(closed);
    },
  };
}

class Heartbeat {
  readonly #wire: Wire;
  readonly #options: HeartbeatOptions;
  readonly #ping: (() => void) | undefined;
  readonly #stop: () => void;
  #heard = false;
  #last: number;
  #asked = false;
  #slowSince: number | undefined;

  constructor(wire: Wire, clock: Clock, options: HeartbeatOptions, ping: (() => void) | undefined) {
    this.#wire = wire;
    this.#options = options;
    this.#ping = ping;
    this.#last = clock.now;
    this.#stop = clock.subscribe({ step: (now) => this.#step(now) });
  }

  /** The client said something, whatever it was. */
  received(): void {
    this.#heard = true; // a flag, not a time: asking the clock for every message would cost more than the message
  }

  /** Stops watching. */
  stop(): void {
    this.#stop();
  }

  #step(now: number): void {
    this.#watchWrites(now);
    if (this.#heard) {
      this.#heard = false;
      this.#asked = false;
      this.#last = now;
    }
    const silence = now - this.#last;
    const { interval, timeout } = this.#options;
    if (this.#ping === undefined || silence < interval) return;
    if (silence >= interval + timeout) return this.#wire.terminate();
    if (!this.#asked) this.#ping();
    this.#asked = true;
  }

  #watchWrites(now: number): void {
    if (this.#wire.bufferedAmount <= slowAbove) this.#slowSince = undefined;
    else this.#slowSince ??= now;
    if (this.#slowSince === undefined || now - this.#slowSince < slowFor) return;
    this.#wire.close(CloseCode.SlowConsumer, "reads too slowly");
    this.#wire.terminate();
  }
}
