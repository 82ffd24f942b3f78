import { AccountShares } from "./account-shares.ts";
import { Notifications } from "./notifications.ts";
import { RoomTable } from "./room-table.ts";
import { SessionOwners } from "./session-owners.ts";
import { SessionTable } from "./session-table.ts";
import type { Awaitable } from "../awaitable.ts";
import type { RoomPlace, RoomLog } from "../room-log.ts";
import type { SessionCommit, SessionLoss, SessionStore } from "../session-store.ts";
import type { Decision, RoomUpdate, SessionUpdate, StoreUpdate } from "./store-update.ts";
import type { TicketStore } from "../ticket-store.ts";
import { TicketTable } from "./ticket-table.ts";

/** Applies the update of a decision, or records it first, and returns its result. */
export type Execute = <Result>(decision: Decision<StoreUpdate, Result>) => Awaitable<Result>;

/** The part of the capacity from which on a message to a room drops history. */
const nearlyFull = 7 / 8;
/** The part of the capacity that is used after that. */
const trimTo = 3 / 4;
/** How much more must be free than an account uses before it may cause more: what is under way exceeds nothing then. */
const reserve = 4 / 3;

/** The bounds and the clock of a store. */
export interface TablesOptions {
  /** Bounds the size of the tables, in bytes, estimated. One call may exceed it. @default any size */
  readonly maxBytes?: number;
  /** The clock of the store, in ms since 1970. @default that of the system when the store is made, and then time that passes */
  readonly now?: (() => number) | undefined;
}

/** The sessions, rooms and tickets of one process, as a store presents them. The store chooses how a decision is executed. */
export class Tables {
  /** The sessions of the store. */
  readonly sessions: SessionStore;
  /** The rooms of the store. */
  readonly rooms: RoomLog;
  /** The tickets of the store. They have no updates, so no journal has them: a restart forgets them. */
  readonly tickets: TicketStore;
  readonly #notifications = new Notifications();
  readonly #shares: AccountShares;
  readonly #sessions: SessionTable;
  readonly #rooms: RoomTable;
  readonly #tickets = new TicketTable();
  readonly #maxBytes: number;
  readonly #execute: Execute;

  constructor(
    epoch: string,
    execute: Execute,
    { maxBytes = Infinity, now = forwardClock() }: TablesOptions = {},
  ) {
    this.#maxBytes = maxBytes;
    this.#shares = new AccountShares(maxBytes);
    const owners = new SessionOwners(now, this.#notifications);
    this.#sessions = new SessionTable(now, owners, this.#shares);
    this.#rooms = new RoomTable(newEpoch, this.#notifications, this.#shares);
    this.#execute = execute;
    this.sessions = {
      create: (session) => {
        this.#checkCapacity(session.account);
        return this.#executeSession(this.#sessions.create(session, epoch));
      },
      attach: (request) => {
        const attached = this.#executeSession(this.#sessions.attach(request, epoch));
        this.#notifications.run(); // another process may be asked, though nothing changes
        return attached;
      },
      commit: (claim, record) => {
        const { roomMessages = [] } = record;
        if (grows(record) && this.#sessions.owns(claim))
          this.#checkCapacity(this.#sessions.accountOf(claim), roomMessages.length > 0);
        const { update: session, result: committed } = this.#sessions.commit(claim, record);
        if (session === undefined) return execute({ result: committed });
        const trimmed = roomMessages.length > 0 ? this.#trimRooms() : [];
        const { update: appended = [] } = this.#rooms.append(roomMessages);
        return execute({ update: { session, rooms: [...trimmed, ...appended] }, result: committed });
      },
      detach: (claim, ms) => this.#executeSession(this.#sessions.detach(claim, ms)),
      release: (claim, ms) => this.#executeSession(this.#sessions.detach(claim, ms, true)),
      willRelease: (claim) => {
        const isOwner = this.#sessions.owns(claim);
        if (isOwner) owners.promise(claim.sessionId);
        this.#notifications.run();
        return execute({ result: () => isOwner });
      },
      renew: (connected, lease, detached) => {
        const renewed = connected.map((claim) => this.#sessions.renew(claim, lease));
        const checked = detached.map((claim) => this.#sessions.lossOf(claim));
        for (const [index, claim] of detached.entries())
          if (checked[index] === undefined) owners.lease(claim.sessionId, lease);
        return whenDone(this.#executeSessions(renewed), (losses) => [...losses, ...checked].filter(isLoss));
      },
      watch: (node, listener) => owners.watch(node, listener),
      sweep: (grace) => {
        const { decisions, more } = this.#sessions.sweep(grace);
        return whenDone(this.#executeSessions(decisions), () => more);
      },
      remove: (claim, close) => this.#executeSession(this.#sessions.remove(claim, close)),
      list: (query) => execute({ result: () => this.#sessions.list(query) }),
    };
    this.rooms = {
      append: (room, message, keep) => {
        // A message that a room does not retain makes no store larger.
        if (keep.messages > 0 || !this.#rooms.has(room)) this.#checkCapacity(message.account, true);
        const trimmed = this.#trimRooms();
        const { update: appended = [], result: places } = this.#rooms.append([{ room, message, keep }]);
        const rooms = [...trimmed, ...appended];
        return execute({ update: { rooms }, result: () => places()[0] as RoomPlace }); // one message has one place
      },
      read: (room, from, most, account) => {
        if (!this.#rooms.has(room)) this.#checkCapacity(account);
        return this.#executeRooms(this.#rooms.read(room, from, most, account));
      },
      position: (room, account) => {
        if (!this.#rooms.has(room)) this.#checkCapacity(account);
        return this.#executeRooms(this.#rooms.position(room, account));
      },
      membership: (room, member) => this.#executeRooms(this.#rooms.membership(room, member)),
      endMembership: (room, member) => this.#executeRooms(this.#rooms.endMembership(room, member)),
      hasCapacity: (account, added) => this.#shares.allows(account, added, this.bytes, reserve),
      watch: (room, watcher) => this.#rooms.watch(room, watcher),
      sweep: (now, idle) => this.#executeRooms(this.#rooms.sweep(now, idle)),
    };
    this.tickets = {
      put: (hash, ticket, now) => {
        this.#checkCapacity(undefined); // the server bounds the tickets of each principal
        return execute({ result: () => this.#tickets.put(hash, ticket, now) });
      },
      take: (hash) => execute({ result: () => this.#tickets.take(hash) }),
    };
  }

  /** The size of the tables in bytes, estimated. */
  get bytes(): number {
    return this.#sessions.bytes + this.#rooms.bytes + this.#tickets.bytes;
  }

  /** Applies an update, and calls the listeners and watchers. */
  apply({ session, rooms = [] }: StoreUpdate): void {
    if (session !== undefined) this.#sessions.apply(session);
    for (const update of rooms) this.#rooms.apply(update);
    this.#notifications.run();
  }

  /** Forgets the decisions whose updates were not applied: they never will be. */
  discardUnapplied(): void {
    this.#sessions.discardUnapplied();
    this.#rooms.discardUnapplied();
  }

  /** Updates that make empty tables equal to these. */
  *snapshot(): Generator<StoreUpdate> {
    for (const session of this.#sessions.snapshot()) yield { session };
    for (const room of this.#rooms.snapshot()) yield { rooms: [room] };
  }

  /** Gives the sessions and rooms that lost a part of their history a new epoch: these sessions reset, these rooms have a gap. */
  renewEpochs(lostSession: (sessionId: string) => boolean, lostRoom: (room: string) => boolean): void {
    this.#sessions.renewEpochs(lostSession, newEpoch);
    this.#rooms.renewEpochs(lostRoom);
  }

  #executeSession<Result>(decision: Decision<SessionUpdate, Result>): Awaitable<Result> {
    const { update: session, result } = decision;
    return this.#execute({ ...(session && { update: { session } }), result });
  }

  #executeSessions<Result>(
    decisions: readonly Decision<SessionUpdate, Result>[],
  ): Awaitable<readonly Result[]> {
    const results = decisions.map((decision) => this.#executeSession(decision));
    return results.some((result) => result instanceof Promise)
      ? Promise.all(results)
      : (results as readonly Result[]);
  }

  #executeRooms<Result>(decision: Decision<readonly RoomUpdate[], Result>): Awaitable<Result> {
    const { update: rooms, result } = decision;
    return this.#execute({ ...(rooms && { update: { rooms } }), result });
  }

  /** Checks the capacity for all, which a message to a room may make, and that for an account. */
  #checkCapacity(account: string | undefined, trims = false): void {
    if (this.bytes >= this.#maxBytes && !(trims && this.#rooms.canTrim))
      throw new Error(
        `the store is full (${this.#maxBytes} bytes): end sessions, keep less room history, or raise \`bytes\``,
      );
    if (account !== undefined && !this.#shares.allows(account, 0, this.bytes))
      throw new Error(
        `the store keeps as much for ${JSON.stringify(account)} as is free for all others: raise \`bytes\``,
      );
  }

  /** Drops the oldest messages of the largest rooms, when the store is nearly full: sessions need what remains. */
  #trimRooms(): readonly RoomUpdate[] {
    if (this.bytes < this.#maxBytes * nearlyFull) return [];
    return this.#rooms.trim(this.bytes - this.#maxBytes * trimTo);
  }
}

function isLoss(loss: SessionLoss | undefined): loss is SessionLoss {
  return loss !== undefined;
}

/** Maps a value that may be a promise: of a value at once, so that a store in memory answers at once. */
function whenDone<Value, Result>(value: Awaitable<Value>, map: (value: Value) => Result): Awaitable<Result> {
  return value instanceof Promise ? value.then(map) : map(value);
}

/** A clock in ms since 1970 that never jumps: a change of the clock of the system ends no session early. */
function forwardClock(): () => number {
  const start = Date.now() - performance.now();
  return () => Math.ceil(start + performance.now());
}

/** A new epoch: 128 random bits. */
export function newEpoch(): string {
  return randomText(16);
}

/** A new `Store.proofKey`: 256 random bits. */
export function newProofKey(): string {
  return randomText(32);
}

function randomText(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("base64url");
}

/** Whether a record may make the store larger. */
function grows({ outgoing = [], roomMessages = [], note }: SessionCommit): boolean {
  return outgoing.length + roomMessages.length > 0 || note !== undefined;
}
