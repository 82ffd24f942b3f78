import { Connection } from "./connection.ts";
import { isConnectionFrame, type Position, Session } from "./session.ts";
import type { Tally } from "./tally.ts";

/** The path of a room in the contract that the bench's rooms have. */
const pathOf = (room: string): string => `/rooms/${room}`;

/** A frame of a room: that the client is a member, or a message. */
interface RoomFrame {
  readonly t: string;
  readonly room: string;
  readonly ep: string;
  readonly off: number;
  readonly from: number;
  readonly proof: string;
  readonly o: number;
  readonly p: number;
  readonly data: { readonly id: number };
}

/** A member of a room that only receives. It checks that each message follows the one before, and resumes where it is. */
export class RoomListener {
  readonly #room: string;
  readonly #session = new Session();
  readonly #tally: Tally;
  #position: Position | undefined;
  /** The number in the last message. */
  #last: number | undefined;

  constructor(room: string, tally: Tally) {
    this.#room = room;
    this.#tally = tally;
    this.#session.onMessage = (bytes, start, end) => this.#receive(bytes, start, end);
  }

  /** Opens the session, or resumes it on a new connection. */
  async connect(port: number): Promise<Connection> {
    const target = { path: pathOf(this.#room), protocol: "symbolon.v1.json", port };
    const connection = await Connection.open(target);
    await this.#session.open(connection, this.#position && [this.#position]);
    connection.onEnd = (error) => (this.#tally.wrong ??= error.message);
    return connection;
  }

  /** @throws Error for a message that is missing, or comes twice. */
  #receive(bytes: Buffer, start: number, end: number): void {
    const text = bytes.toString("utf8", start, end);
    const isMessage = !isConnectionFrame(bytes, start);
    if (!isMessage && text.startsWith('"t":"ack"')) return;
    const frame = JSON.parse(`{${text}`) as RoomFrame;
    if (frame.room !== this.#room) throw new Error(`expected room ${this.#room}, received {${text}`);
    if (!isMessage) {
      const { room, ep, off, from, proof } = frame;
      this.#position = [room, ep, off, from, proof];
      return;
    }
    const [room, ep, off, from, proof] = this.#position ?? [];
    const isNext = this.#last === undefined || frame.data.id === this.#last + 1;
    if (room === undefined || frame.p !== off || !isNext)
      throw new Error(`expected the message after ${off}, received {${text}`);
    this.#position = [room, ep ?? "", frame.o, from ?? 0, proof ?? ""];
    this.#last = frame.data.id;
    this.#tally.add(0);
  }
}
