import { mask } from "./client-frames.ts";
import type { EchoClient } from "./dialect.ts";
import type { Channel } from "./message-echo.ts";
import { isConnectionFrame } from "./session.ts";
import { noteTexts, variants } from "./messages.ts";
import type { Tally } from "./tally.ts";

/** A message of a room, as the server sends it to its members. */
interface Said {
  readonly t: string;
  readonly o: number;
  readonly p: number;
  readonly data: unknown;
}

const posts = noteTexts.map((data, index) =>
  mask(`"t":"event","name":"post","data":${data},"q":${index + 1}}`),
);

/** What the members of a room receive: the server sends the same bytes to all, so each message is parsed once. */
export class RoomPosts {
  /** How many messages have been checked. */
  #checked = 0;
  #lastOffset: number | undefined;
  readonly #texts: Buffer[] = Array.from({ length: variants }, () => Buffer.alloc(0));

  /**
   * Checks the message that a member receives as its `index`-th.
   * @throws Error when it is not the one that was sent then.
   */
  check(index: number, bytes: Buffer, start: number, end: number): void {
    if (index === this.#checked) this.#parse(index, bytes.toString("utf8", start, end));
    const expected = this.#texts[index % variants] as Buffer;
    if (bytes.compare(expected, 0, expected.length, start, end) !== 0)
      throw new Error(`expected {${expected.toString()}, received {${bytes.toString("utf8", start, end)}`);
  }

  #parse(index: number, text: string): void {
    const { t, o, p, data } = JSON.parse(`{${text}`) as Said;
    const isNext = this.#lastOffset === undefined || (p === this.#lastOffset && o === p + 1);
    if (t !== "said" || !isNext || JSON.stringify(data) !== noteTexts[index % variants])
      throw new Error(`expected message ${index} of the room, received {${text}`);
    this.#lastOffset = o;
    this.#checked += 1;
    this.#texts[index % variants] = Buffer.from(text);
  }
}

/** A member of a room, in session mode. */
export class RoomMember implements EchoClient {
  repeat = false;
  inFlight = 0;
  readonly #channel: Channel;
  readonly #posts: RoomPosts;
  readonly #tally: Tally;
  readonly #sentAt: Float64Array;
  #sent = 0;
  #received = 0;

  constructor(
    channel: Channel,
    roomPosts: RoomPosts,
    tally: Tally,
    sentAt: Float64Array = new Float64Array(variants),
  ) {
    this.#channel = channel;
    this.#posts = roomPosts;
    this.#tally = tally;
    this.#sentAt = sentAt;
    channel.onMessage = (bytes, start, end) => this.#receive(bytes, start, end);
  }

  send(count: number, now = performance.now()): void {
    for (let sent = 0; sent < count; sent += 1) {
      this.#sentAt[this.#sent % variants] = now;
      this.#channel.send([posts[this.#sent % variants] as Buffer]);
      this.#sent += 1;
      this.inFlight += 1;
    }
  }

  stop(): void {
    this.#channel.onMessage = () => {};
    this.#channel.stop();
  }

  #receive(bytes: Buffer, start: number, end: number): void {
    if (isConnectionFrame(bytes, start)) return;
    this.#posts.check(this.#received, bytes, start, end);
    this.#tally.add(performance.now() - (this.#sentAt[this.#received % variants] ?? 0));
    this.#received += 1;
    this.inFlight -= 1;
  }
}
