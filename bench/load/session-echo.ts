import { mask } from "./client-frames.ts";
import type { EchoClient } from "./dialect.ts";
import type { Session } from "./session.ts";
import type { Tally } from "./tally.ts";

/** A message of a session, as JSON without the brace that begins it, and the answer. */
export interface SessionPair {
  readonly request: string;
  readonly response: string;
}

/** Messages that each session sends one after another, again and again. */
export class SessionRing {
  readonly requests: readonly Buffer[];
  readonly responses: readonly Buffer[];

  constructor(pairs: readonly SessionPair[]) {
    this.requests = pairs.map(({ request }) => mask(request));
    this.responses = pairs.map(({ response }) => Buffer.from(response));
  }
}

/** A client in session mode that sends messages and checks each answer. */
export class SessionEcho implements EchoClient {
  repeat = false;
  readonly #session: Session;
  readonly #ring: SessionRing;
  readonly #tally: Tally;
  readonly #end: () => void;
  readonly #sentAt: Float64Array;
  #next = 0;
  #awaited = 0;
  #arrived = 0;

  constructor(session: Session, ring: SessionRing, tally: Tally, end: () => void) {
    this.#session = session;
    this.#ring = ring;
    this.#tally = tally;
    this.#end = end;
    this.#sentAt = new Float64Array(ring.requests.length);
    session.onFrame = (bytes, start, last) => this.#receive(bytes, start, last);
  }

  send(count: number, now = performance.now()): void {
    const { requests } = this.#ring;
    const frames: Buffer[] = [];
    for (let sent = 0; sent < count; sent += 1) {
      this.#sentAt[this.#next] = now;
      frames.push(requests[this.#next] as Buffer);
      this.#next = (this.#next + 1) % requests.length;
    }
    this.#session.send(frames);
  }

  stop(): void {
    this.#session.onFrame = () => {};
    this.#end();
  }

  #receive(bytes: Buffer, start: number, end: number): void {
    if (bytes[start + 5] === 0x61 && bytes[start + 6] === 0x63) return; // "t":"ack"
    const expected = this.#ring.responses[this.#awaited] as Buffer;
    if (bytes.compare(expected, 0, expected.length, start, end) !== 0)
      this.#compareFields(bytes, start, end, expected);
    this.#tally.add(performance.now() - (this.#sentAt[this.#awaited] ?? 0));
    this.#awaited = (this.#awaited + 1) % this.#ring.responses.length;
    this.#arrived += 1;
    // What arrived in one chunk is answered together.
    if (this.#arrived === 1) queueMicrotask(() => this.#answer());
  }

  #answer(): void {
    const arrived = this.#arrived;
    this.#arrived = 0;
    if (this.repeat) this.send(arrived);
    else this.#session.acknowledge();
  }

  /** The server may write the fields in another order, or number its events. */
  #compareFields(bytes: Buffer, start: number, end: number, expected: Buffer): void {
    const [text, wanted] = [bytes.toString("utf8", start, end), expected.toString()];
    const [received, frame] = [text, wanted].map((json) => JSON.parse(`{${json}`) as Record<string, unknown>);
    for (const [field, value] of Object.entries(frame ?? {}))
      if (JSON.stringify(received?.[field]) !== JSON.stringify(value))
        throw new Error(`expected {${wanted}, received {${text}`);
  }
}
