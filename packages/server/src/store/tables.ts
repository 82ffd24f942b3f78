import type { Message } from "@symbolon/protocol";
import { type RoomChange, RoomTable } from "./room-table.ts";
import { type Decided, type SessionChange, SessionTable } from "./session-table.ts";
import type { Awaitable, Placed, RoomLog, SessionStore } from "./store.ts";

/** What one call changes, all of it or nothing. */
export interface Change {
  readonly session?: SessionChange | undefined;
  readonly rooms?: readonly RoomChange[] | undefined;
}

/** Applies a decision, and gives its answer. */
export type Perform = <Answer>(decided: Decided<Change, Answer>) => Awaitable<Answer>;

/** What makes a store larger. */
interface Growth {
  readonly out?: readonly object[] | undefined;
  readonly said?: readonly object[] | undefined;
  readonly note?: Message | undefined;
}

/** Sessions and rooms in memory, as a store shows them; whoever holds them says how a decision is performed. */
export class Tables {
  readonly sessions: SessionStore;
  readonly rooms: RoomLog;
  readonly #sessions = new SessionTable();
  readonly #rooms: RoomTable;
  readonly #limit: number;

  /** `limit` bounds what the tables take, in characters and bytes, roughly; one call may overshoot it. */
  constructor(epoch: string, perform: Perform, limit: number = Infinity) {
    this.#rooms = new RoomTable(newEpoch);
    this.#limit = limit;
    const ofSession = <Answer>({ change, answer }: Decided<SessionChange, Answer>): Awaitable<Answer> =>
      perform({ ...(change && { change: { session: change } }), answer });
    const ofRooms = <Answer>({ change, answer }: Decided<readonly RoomChange[], Answer>): Awaitable<Answer> =>
      perform({ ...(change && { change: { rooms: change } }), answer });
    this.sessions = {
      create: (session) => {
        this.#checkRoom();
        return ofSession(this.#sessions.create(session, epoch));
      },
      attach: (request) => ofSession(this.#sessions.attach(request, epoch)),
      commit: (claim, record) => {
        if (grows(record) && this.#sessions.owns(claim)) this.#checkRoom();
        const { change, answer } = this.#sessions.commit(claim, record);
        if (change === undefined) return perform<readonly Placed[] | false>({ answer: () => false });
        const rooms = this.#rooms.append(record.said ?? []);
        return perform<readonly Placed[] | false>({
          change: { session: change, rooms: rooms.change },
          answer: () => answer() && rooms.answer(),
        });
      },
      park: (claim, at) => ofSession(this.#sessions.park(claim, at)),
      remove: (claim) => ofSession(this.#sessions.remove(claim)),
      list: () => perform({ answer: () => this.#sessions.list() }),
    };
    this.rooms = {
      append: (room, message, keep) => {
        this.#checkRoom();
        const { change, answer } = this.#rooms.append([{ room, message, keep }]);
        return perform({ change: { rooms: change }, answer: () => answer()[0] as Placed }); // one was said, one has its place
      },
      read: (room, after, most) => {
        if (!this.#rooms.has(room)) this.#checkRoom();
        return ofRooms(this.#rooms.read(room, after, most));
      },
      position: (room) => {
        if (!this.#rooms.has(room)) this.#checkRoom();
        return ofRooms(this.#rooms.position(room));
      },
      watch: (room, listener) => this.#rooms.watch(room, listener),
      sweep: (now, idle) => ofRooms(this.#rooms.sweep(now, idle)),
    };
  }

  /** What the tables take, in characters and bytes, roughly. */
  get size(): number {
    return this.#sessions.size + this.#rooms.size;
  }

  /** Applies what was decided, and tells those who watch rooms. */
  apply({ session, rooms = [] }: Change): void {
    if (session !== undefined) this.#sessions.apply(session);
    for (const change of rooms) this.#rooms.apply(change);
    this.#rooms.tell();
  }

  /** What was decided and is not applied never will be. */
  giveUp(): void {
    this.#sessions.giveUp();
    this.#rooms.giveUp();
  }

  /** Changes that make these tables of nothing. */
  *snapshot(): Generator<Change> {
    for (const session of this.#sessions.snapshot()) yield { session };
    for (const room of this.#rooms.snapshot()) yield { rooms: [room] };
  }

  /** History was lost: no room's position that was given before can be compared with what is here. */
  startOver(): void {
    this.#rooms.startOver();
  }

  #checkRoom(): void {
    if (this.size >= this.#limit)
      throw new Error(
        `the store is full (${this.#limit} bytes): end sessions, keep less of the rooms, or give it a larger \`size\``,
      );
  }
}

/** An epoch that was never there before. */
export function newEpoch(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url");
}

function grows({ out = [], said = [], note }: Growth): boolean {
  return out.length + said.length > 0 || note !== undefined;
}
