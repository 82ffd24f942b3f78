import { mask } from "./client-frames.ts";
import type { EchoClient } from "./dialect.ts";
import type { Tally } from "./tally.ts";

/** What carries the messages of one client. */
export interface Channel {
  /** Called with each message that arrives, from `start` to `end` of `bytes`, which are reused. */
  onMessage: (bytes: Buffer, start: number, end: number) => void;
  /** Sends messages, whose texts are masked. */
  send(messages: readonly Buffer[]): void;
  /** Acknowledges what has arrived, where the protocol does that. */
  acknowledge(): void;
  /** Ends the connection. */
  stop(): void;
}

/** A message and its answer, as JSON without the brace that begins it. */
export interface MessagePair {
  readonly request: string;
  readonly response: string;
}

/** Messages that each client sends one after another, again and again. */
export class MessageRing {
  readonly requests: readonly Buffer[];
  readonly responses: readonly Buffer[];
  /** Whether a message is not an answer. */
  readonly isOther: (bytes: Buffer, start: number) => boolean;

  constructor(pairs: readonly MessagePair[], isOther: MessageRing["isOther"]) {
    this.requests = pairs.map(({ request }) => mask(request));
    this.responses = pairs.map(({ response }) => Buffer.from(response));
    this.isOther = isOther;
  }
}

/** A client that reads each message, where the bytes of the answers are not all known before. */
export class MessageEcho implements EchoClient {
  repeat = false;
  inFlight = 0;
  readonly #channel: Channel;
  readonly #ring: MessageRing;
  readonly #tally: Tally;
  readonly #sentAt: Float64Array;
  /** The message that is sent next, and the one whose answer arrives next. */
  #next = 0;
  #awaited = 0;
  #arrived = 0;

  constructor(
    channel: Channel,
    ring: MessageRing,
    tally: Tally,
    sentAt: Float64Array = new Float64Array(ring.requests.length),
  ) {
    this.#channel = channel;
    this.#ring = ring;
    this.#tally = tally;
    this.#sentAt = sentAt;
    channel.onMessage = (bytes, start, end) => this.#receive(bytes, start, end);
  }

  send(count: number, now = performance.now()): void {
    const { requests } = this.#ring;
    const messages: Buffer[] = [];
    for (let sent = 0; sent < count; sent += 1) {
      this.#sentAt[this.#next] = now;
      messages.push(requests[this.#next] as Buffer);
      this.#next = (this.#next + 1) % requests.length;
    }
    this.inFlight += count;
    this.#channel.send(messages);
  }

  stop(): void {
    this.#channel.onMessage = () => {};
    this.#channel.stop();
  }

  #receive(bytes: Buffer, start: number, end: number): void {
    const { responses } = this.#ring;
    if (this.#ring.isOther(bytes, start)) return;
    const expected = responses[this.#awaited] as Buffer;
    if (bytes.compare(expected, 0, expected.length, start, end) !== 0)
      compareFields(bytes.toString("utf8", start, end), expected.toString());
    this.#tally.add(performance.now() - (this.#sentAt[this.#awaited] ?? 0));
    this.#awaited = (this.#awaited + 1) % responses.length;
    this.#arrived += 1;
    // What arrived in one chunk is answered together.
    if (this.#arrived === 1) queueMicrotask(() => this.#answer());
  }

  #answer(): void {
    const arrived = this.#arrived;
    this.#arrived = 0;
    this.inFlight -= arrived;
    if (this.repeat) this.send(arrived);
    else this.#channel.acknowledge();
  }
}

/** The server may write the fields in another order, or add a number. */
function compareFields(text: string, wanted: string): void {
  const [received, expected] = [text, wanted].map(
    (json) => JSON.parse(`{${json}`) as Record<string, unknown>,
  );
  for (const [field, value] of Object.entries(expected ?? {}))
    if (JSON.stringify(received?.[field]) !== JSON.stringify(value))
      throw new Error(`expected {${wanted}, received {${text}`);
}
