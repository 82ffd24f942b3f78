import type { Connection } from "./connection.ts";
import type { Dialect, EchoClient } from "./dialect.ts";
import { type Pair, Ring } from "./ring.ts";
import type { Tally } from "./tally.ts";

/** A client whose answers have known bytes: it compares what arrives with them, without reading a frame. */
class FixedEcho implements EchoClient {
  readonly #connection: Connection;
  readonly #ring: Ring;
  readonly #tally: Tally;
  readonly #sentAt: Float64Array;
  /** The message that is sent next, and the one whose answer arrives next. */
  #next = 0;
  #awaited = 0;
  /** Where in the answers the next byte is. */
  #at = 0;
  #stopped = false;

  constructor(
    connection: Connection,
    ring: Ring,
    tally: Tally,
    sentAt: Float64Array = new Float64Array(ring.length),
  ) {
    this.#connection = connection;
    this.#ring = ring;
    this.#tally = tally;
    this.#sentAt = sentAt;
    connection.listen((bytes) => this.#receive(bytes));
  }

  send(count: number, now = performance.now()): void {
    const from = this.#next;
    for (let sent = 0; sent < count; sent += 1) this.#sentAt[(from + sent) % this.#ring.length] = now;
    this.inFlight += count;
    this.#next = (from + count) % this.#ring.length;
    this.#connection.write(this.#ring.requests(from, count));
  }

  /** Whether a message that arrives is answered with the next one. */
  repeat = false;
  inFlight = 0;

  stop(): void {
    this.#stopped = true;
    this.#connection.reset();
  }

  #receive(bytes: Buffer): void {
    if (this.#stopped) return;
    const { responses, responseEnds, length } = this.#ring;
    const now = performance.now();
    let arrived = 0;
    for (let read = 0; read < bytes.length;) {
      const part = Math.min(bytes.length - read, responses.length - this.#at);
      if (bytes.compare(responses, this.#at, this.#at + part, read, read + part) !== 0)
        throw new Error(this.#difference(bytes.subarray(read, read + part)));
      read += part;
      this.#at += part;
      while (this.#awaited < length && (responseEnds[this.#awaited] ?? 0) <= this.#at) {
        this.#tally.add(now - (this.#sentAt[this.#awaited] ?? 0));
        this.#awaited += 1;
        arrived += 1;
      }
      if (this.#at < responses.length) continue;
      this.#at = 0;
      this.#awaited = 0;
    }
    this.inFlight -= arrived;
    if (arrived > 0 && this.repeat) this.send(arrived, now);
  }

  #difference(bytes: Buffer): string {
    const expected = this.#ring.responses.subarray(this.#at, this.#at + 200);
    return `expected ${JSON.stringify(expected.toString("latin1"))}, received ${JSON.stringify(bytes.toString("latin1", 0, 200))}`;
  }
}

/** How a server is reached whose answers have known bytes. */
export function fixed(target: Dialect["target"], pairs: readonly Pair[], open?: Dialect["open"]): Dialect {
  const ring = new Ring(pairs);
  return {
    target,
    ...(open && { open }),
    echo: (connection, tally, sentAt) => new FixedEcho(connection, ring, tally, sentAt),
  };
}
