import type { Message } from "@symbolon/protocol";
import { type RoomUpdate, RoomTable } from "./room-table.ts";
import { type Decision, type SessionUpdate, SessionTable } from "./session-table.ts";
import type { Awaitable, RoomPlace, RoomLog, SessionStore } from "./store.ts";

/** What one call changes, all of it or nothing. */
export interface StoreUpdate {
  readonly session?: SessionUpdate | undefined;
  readonly rooms?: readonly RoomUpdate[] | undefined;
}

/** Applies a decision, and gives its answer. */
export type Perform = <Answer>(decided: Decision<StoreUpdate, Answer>) => Awaitable<Answer>;

/** What makes a store larger. */
interface Growth {
  readonly outgoing?: readonly object[] | undefined;
  readonly roomMessages?: readonly object[] | undefined;
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
    const ofSession = <Answer>({
      update: change,
      result: answer,
    }: Decision<SessionUpdate, Answer>): Awaitable<Answer> =>
      perform({ ...(change && { update: { session: change } }), result: answer });
    const ofRooms = <Answer>({
      update: change,
      result: answer,
    }: Decision<readonly RoomUpdate[], Answer>): Awaitable<Answer> =>
      perform({ ...(change && { update: { rooms: change } }), result: answer });
    this.sessions = {
      create: (session) => {
        this.#checkRoom();
        return ofSession(this.#sessions.create(session, epoch));
      },
      attach: (request) => ofSession(this.#sessions.attach(request, epoch)),
      commit: (claim, record) => {
        if (grows(record) && this.#sessions.owns(claim)) this.#checkRoom();
        const { update: change, result: answer } = this.#sessions.commit(claim, record);
        if (change === undefined) return perform<readonly RoomPlace[] | false>({ result: () => false });
        const rooms = this.#rooms.append(record.roomMessages ?? []);
        return perform<readonly RoomPlace[] | false>({
          update: { session: change, rooms: rooms.update },
          result: () => answer() && rooms.result(),
        });
      },
      detach: (claim, at) => ofSession(this.#sessions.park(claim, at)),
      remove: (claim) => ofSession(this.#sessions.remove(claim)),
      list: () => perform({ result: () => this.#sessions.list() }),
    };
    this.rooms = {
      append: (room, message, keep) => {
        this.#checkRoom();
        const { update: change, result: answer } = this.#rooms.append([{ room, message, keep }]);
        return perform({ update: { rooms: change }, result: () => answer()[0] as RoomPlace }); // one was said, one has its place
      },
      read: (room, after, most) => {
        if (!this.#rooms.has(room)) this.#checkRoom();
        return ofRooms(this.#rooms.read(room, after, most));
      },
      position: (room) => {
        if (!this.#rooms.has(room)) this.#checkRoom();
        return ofRooms(this.#rooms.position(room));
      },
      subscribe: (room, listener) => this.#rooms.subscribe(room, listener),
      sweep: (now, idle) => ofRooms(this.#rooms.sweep(now, idle)),
    };
  }

  /** What the tables take, in characters and bytes, roughly. */
  get size(): number {
    return this.#sessions.size + this.#rooms.size;
  }

  /** Applies what was decided, and tells those who watch rooms. */
  apply({ session, rooms = [] }: StoreUpdate): void {
    if (session !== undefined) this.#sessions.apply(session);
    for (const change of rooms) this.#rooms.apply(change);
    this.#rooms.notify();
  }

  /** What was decided and is not applied never will be. */
  discardPending(): void {
    this.#sessions.discardPending();
    this.#rooms.discardPending();
  }

  /** Changes that make these tables of nothing. */
  *snapshot(): Generator<StoreUpdate> {
    for (const session of this.#sessions.snapshot()) yield { session };
    for (const room of this.#rooms.snapshot()) yield { rooms: [room] };
  }

  /** History was lost: no room's position that was given before can be compared with what is here. */
  renewEpochs(): void {
    this.#rooms.renewEpochs();
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

function grows({ outgoing = [], roomMessages = [], note }: Growth): boolean {
  return outgoing.length + roomMessages.length > 0 || note !== undefined;
}
