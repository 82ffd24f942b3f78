import { MembershipNumbers } from "./membership-numbers.ts";
import type {
  Retention,
  RoomPlace,
  RoomEntry,
  RoomMessage,
  RoomPart,
  RoomPosition,
  RoomAppend,
  RoomSelection,
  RoomWatch,
  RoomWatcher,
} from "../room-log.ts";
import { countDropped, countExpired, readPart } from "./room-entries.ts";
import type { AccountShares } from "./account-shares.ts";
import type { Notifications } from "./notifications.ts";
import type { Decision, RoomUpdate } from "./store-update.ts";

/** A room as of its newest applied update. */
interface AppliedRoom {
  readonly position: RoomPosition;
  readonly entries: RoomEntry[];
  readonly keep: Retention | undefined;
  /** The size of the data in `entries`, in bytes. */
  readonly entryBytes: number;
  readonly memberships: MembershipNumbers;
  /** The account for which the room began. */
  readonly account: string | undefined;
}

/** The size of a room without its name and its entries, in bytes, estimated. */
const bytesPerRoom = 1_024;
/** The size of an entry without its data, in bytes, estimated. */
const overhead = 256;
/** The size of a member whose membership has ended, in bytes, estimated. */
const bytesPerMember = 128;

/** Holds the history of rooms in memory. Decides what a call changes, applies decided updates, and calls the watchers. */
export class RoomTable {
  readonly #rooms = new Map<string, AppliedRoom>();
  /** The newest decision about a room, until its update is applied. Without a `position` it forgets the room. */
  readonly #unapplied = new Map<
    string,
    { readonly update: RoomUpdate; readonly position: RoomPosition | undefined }
  >();
  readonly #watches = new Map<string, Set<{ readonly watcher: RoomWatcher }>>();
  /** The time of the sweep since which a room has had no message and no watcher, in ms since 1970. */
  readonly #idleSince = new Map<string, number>();
  readonly #newEpoch: () => string;
  readonly #notifications: Notifications;
  readonly #shares: AccountShares | undefined;
  #bytes = 0;

  /** Adds the calls of watchers to `notifications`. Counts what accounts cause in `shares`. */
  constructor(newEpoch: () => string, notifications: Notifications, shares?: AccountShares) {
    this.#newEpoch = newEpoch;
    this.#notifications = notifications;
    this.#shares = shares;
  }

  /** The size of all rooms in bytes, estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the room exists, or will once the decided updates are applied. */
  has(room: string): boolean {
    return this.#latest(room) !== undefined;
  }

  /** Decides `RoomLog.append` for several messages. */
  append(appends: readonly RoomAppend[]): Decision<readonly RoomUpdate[], readonly RoomPlace[]> {
    const places: RoomPlace[] = [];
    const update = appends.map(({ room, message, keep }) => {
      const { epoch, offset: previous } = this.#latest(room) ?? this.#firstPosition();
      const place = { offset: previous + 1, previous };
      places.push(place);
      const position = { epoch, offset: place.offset };
      const { account } = message;
      return this.#decide({ room, account, position, keep, entries: [entryOf(message, place)] });
    });
    return { update, result: () => places };
  }

  /** Decides `RoomLog.position`. */
  position(room: string, account?: string): Decision<readonly RoomUpdate[], RoomPosition> {
    const latest = this.#latest(room);
    const position = latest ?? this.#firstPosition();
    const begin = latest === undefined ? { update: [this.#decide({ room, account, position })] } : {};
    return { ...begin, result: () => this.#rooms.get(room)?.position ?? position };
  }

  /** Decides `RoomLog.read`. */
  read(
    room: string,
    from: RoomPosition | RoomSelection,
    most: number,
    account?: string,
  ): Decision<readonly RoomUpdate[], RoomPart> {
    const { result: position, ...begin } = this.position(room, account);
    return {
      ...begin,
      result: () => readPart(position(), this.#rooms.get(room)?.entries ?? [], from, most),
    };
  }

  /** Decides `RoomLog.membership`. */
  membership(room: string, member: string): Decision<readonly RoomUpdate[], number> {
    return { result: () => this.#rooms.get(room)?.memberships.of(member) ?? 0 };
  }

  /** Decides `RoomLog.endMembership`. */
  endMembership(room: string, member: string): Decision<readonly RoomUpdate[], void> {
    const position = this.#latest(room);
    if (position === undefined) return { result: () => {} };
    return { update: [this.#decide({ room, position, endedMember: member })], result: () => {} };
  }

  /** As `RoomLog.watch`. */
  watch(room: string, watcher: RoomWatcher): RoomWatch {
    const watches = this.#watches.get(room) ?? new Set();
    const watch = { watcher }; // unique, unlike the watcher
    this.#watches.set(room, watches.add(watch));
    const stop = (): void => {
      if (watches.delete(watch) && watches.size === 0) this.#watches.delete(room);
    };
    return { ready: undefined, stop };
  }

  /** Decides `RoomLog.sweep`. */
  sweep(now: number, idle: number): Decision<readonly RoomUpdate[], void> {
    const update: RoomUpdate[] = [];
    for (const [room, { position, entries, keep }] of this.#rooms) {
      if (this.#unapplied.has(room)) continue; // the next sweep sees what it changes
      const expired = keep === undefined ? 0 : countExpired(entries, keep, now);
      const dropUpTo = entries[expired - 1]?.offset;
      if (dropUpTo !== undefined) update.push(this.#decide({ room, position, dropUpTo }));
      if (expired < entries.length || this.#watches.has(room)) this.#idleSince.delete(room);
      else if (now - (this.#idleSince.get(room) ?? now) >= idle) update.push(this.#decide({ room }));
      else if (!this.#idleSince.has(room)) this.#idleSince.set(room, now);
    }
    return update.length === 0 ? { result: () => {} } : { update, result: () => {} };
  }

  /** Whether `trim` can drop any message. */
  get canTrim(): boolean {
    for (const [name, { entries }] of this.#rooms)
      if (entries.length > 0 && !this.#unapplied.has(name)) return true;
    return false;
  }

  /** Decides to drop the older half of the rooms that keep the most, until so many bytes are free. */
  trim(bytes: number): readonly RoomUpdate[] {
    const rooms = Array.from(this.#rooms, ([name, room]) => ({ name, ...room, size: sizeOf(name, room) }));
    rooms.sort((one, other) => other.size - one.size);
    const update: RoomUpdate[] = [];
    for (let freed = 0; freed < bytes;) {
      const next = rooms.shift();
      if (next === undefined) break;
      const { name, position, entries } = next;
      const dropped = entries.slice(0, Math.ceil(entries.length / 2));
      const dropUpTo = dropped.at(-1)?.offset;
      if (dropUpTo === undefined || this.#unapplied.has(name)) continue; // the next one sees what is decided now
      freed += overhead * dropped.length + dataBytes(dropped);
      update.push(this.#decide({ room: name, position, dropUpTo }));
    }
    return update;
  }

  /** Applies a decided update, or one from a journal. The calls of the watchers are due then. */
  apply(update: RoomUpdate): void {
    const { room, position, entries: added = [] } = update;
    if (this.#unapplied.get(room)?.update === update) this.#unapplied.delete(room);
    const before = this.#rooms.get(room);
    if (before !== undefined) this.#bytes -= sizeOf(room, before);
    if (position === undefined) {
      if (before !== undefined) this.#countRoom(room, before, -1);
      this.#idleSince.delete(room);
      this.#rooms.delete(room);
      return;
    }
    const keep = update.keep ?? before?.keep;
    const entries = before?.entries ?? [];
    for (const entry of added) entries.push(entry); // too many for the arguments of one call
    const allBytes = (before?.entryBytes ?? 0) + dataBytes(added);
    const dropped = entries.splice(0, countDropped(entries, update, allBytes));
    const entryBytes = allBytes - dataBytes(dropped);
    const account = before === undefined ? update.account : before.account;
    const memberships =
      before === undefined || update.memberships !== undefined
        ? new MembershipNumbers(update.memberships)
        : before.memberships;
    if (update.endedMember !== undefined) memberships.end(update.endedMember);
    const after = { position, entries, keep, entryBytes, account, memberships };
    this.#rooms.set(room, after);
    this.#bytes += sizeOf(room, after);
    if (before === undefined) this.#shares?.add(account, roomBytes(room));
    this.#countEntries(added, 1);
    this.#countEntries(dropped, -1);
    for (const entry of added)
      for (const { watcher } of this.#watches.get(room) ?? [])
        this.#notifications.add(() => watcher.receive(entry, position.epoch));
  }

  /** Forgets the decisions whose updates were not applied: they never will be. */
  discardUnapplied(): void {
    this.#unapplied.clear();
  }

  /** Updates that make an empty table equal to this one. */
  *snapshot(): Generator<RoomUpdate> {
    for (const [room, { position, entries, keep, account, memberships }] of this.#rooms)
      yield { room, account, position, entries, keep, memberships: memberships.save() };
  }

  /** Gives some rooms a new epoch, so that no position from before can be compared with it. */
  renewEpochs(matches: (room: string) => boolean): void {
    for (const [name, room] of this.#rooms)
      if (matches(name))
        this.#rooms.set(name, { ...room, position: { ...room.position, epoch: this.#newEpoch() } });
  }

  #countRoom(room: string, { account, entries }: AppliedRoom, by: 1 | -1): void {
    this.#shares?.add(account, by * roomBytes(room));
    this.#countEntries(entries, by);
  }

  #countEntries(entries: readonly RoomEntry[], by: 1 | -1): void {
    for (const { account, data } of entries) this.#shares?.add(account, by * (overhead + data.length));
  }

  #firstPosition(): RoomPosition {
    return { epoch: this.#newEpoch(), offset: 0 };
  }

  #latest(room: string): RoomPosition | undefined {
    const unapplied = this.#unapplied.get(room);
    return unapplied === undefined ? this.#rooms.get(room)?.position : unapplied.position;
  }

  #decide(update: RoomUpdate): RoomUpdate {
    this.#unapplied.set(update.room, { update, position: update.position });
    return update;
  }
}

function entryOf({ name, data, except, at, account }: RoomMessage, place: RoomPlace): RoomEntry {
  return {
    ...place,
    name,
    data,
    at,
    ...(except !== undefined && { except }),
    ...(account !== undefined && { account }),
  };
}

/** In bytes: a text counts one byte for each UTF-16 code unit. */
function dataBytes(entries: readonly RoomEntry[]): number {
  return entries.reduce((bytes, { data }) => bytes + data.length, 0);
}

function roomBytes(name: string): number {
  return bytesPerRoom + name.length;
}

function sizeOf(name: string, { entries, entryBytes, memberships }: AppliedRoom): number {
  return roomBytes(name) + overhead * entries.length + bytesPerMember * memberships.size + entryBytes;
}
