import type { Decided } from "./session-table.ts";
import type {
  Keep,
  Placed,
  RoomEntry,
  RoomListener,
  RoomMessage,
  RoomPart,
  RoomPosition,
  Said,
} from "./store.ts";

/** What becomes of a room, complete in itself. */
export interface RoomChange {
  readonly room: string;
  /** Undefined when the room is forgotten. */
  readonly position?: RoomPosition;
  /** Messages that are added. */
  readonly entries?: readonly RoomEntry[];
  /** The bounds of the log from now on, as of the newest message that is added. */
  readonly keep?: Keep | undefined;
  /** What is at or below this offset is dropped. */
  readonly drop?: number;
}

interface Room {
  readonly position: RoomPosition;
  readonly entries: RoomEntry[];
  readonly keep: Keep | undefined;
  /** Characters and bytes of the entries. */
  readonly size: number;
}

/** What a room, and an entry, costs beside its messages, in bytes, roughly. */
const overhead = 256;

/** The logs of rooms in memory: decides what becomes of them, applies what was decided, and tells who watches. */
export class RoomTable {
  readonly #rooms = new Map<string, Room>();
  /** What the newest decision makes of a room's position, until it is applied. */
  readonly #ahead = new Map<
    string,
    { readonly by: RoomChange; readonly position: RoomPosition | undefined }
  >();
  readonly #watching = new Map<string, Set<RoomListener>>();
  /** Since which sweep a room has been empty and unwatched. */
  readonly #idle = new Map<string, number>();
  readonly #newEpoch: () => string;
  readonly #untold: (() => void)[] = [];
  #telling = false;
  #size = 0;

  constructor(newEpoch: () => string) {
    this.#newEpoch = newEpoch;
  }

  /** Characters and bytes that the rooms take, roughly. */
  get size(): number {
    return this.#size;
  }

  has(room: string): boolean {
    return this.#head(room) !== undefined;
  }

  append(said: readonly Said[]): Decided<readonly RoomChange[], readonly Placed[]> {
    const placed: Placed[] = [];
    const changes = said.map(({ room, message, keep }) => {
      const { ep, off: prev } = this.#head(room) ?? { ep: this.#newEpoch(), off: 0 };
      const off = prev + 1;
      placed.push({ off, prev });
      return this.#decide({ room, position: { ep, off }, keep, entries: [entryOf(message, off, prev)] });
    });
    return { change: changes, answer: () => placed };
  }

  position(room: string): Decided<readonly RoomChange[], RoomPosition> {
    const head = this.#head(room);
    const position = head ?? { ep: this.#newEpoch(), off: 0 };
    const change = head === undefined ? { change: [this.#decide({ room, position })] } : {};
    return { ...change, answer: () => this.#rooms.get(room)?.position ?? position };
  }

  read(
    room: string,
    after: RoomPosition | undefined,
    most: number,
  ): Decided<readonly RoomChange[], RoomPart> {
    const { answer: position, ...change } = this.position(room);
    return {
      ...change,
      answer: () => partOf(position(), this.#rooms.get(room)?.entries ?? [], after, most),
    };
  }

  watch(room: string, listener: RoomListener): () => void {
    const listeners = this.#watching.get(room) ?? new Set();
    const own: RoomListener = (entry, ep) => listener(entry, ep); // its own, though a listener may come twice
    this.#watching.set(room, listeners.add(own));
    return () => {
      if (listeners.delete(own) && listeners.size === 0) this.#watching.delete(room);
    };
  }

  sweep(now: number, idle: number): Decided<readonly RoomChange[], void> {
    const changes: RoomChange[] = [];
    for (const [room, { position, entries, keep }] of this.#rooms) {
      if (this.#ahead.has(room)) continue; // something is on its way: the next sweep will see it
      const old = keep === undefined ? 0 : tooOld(entries, keep, now);
      const drop = entries[old - 1]?.off;
      if (drop !== undefined) changes.push(this.#decide({ room, position, drop }));
      if (old < entries.length || this.#watching.has(room)) this.#idle.delete(room);
      else if (now - (this.#idle.get(room) ?? now) >= idle) changes.push(this.#decide({ room }));
      else if (!this.#idle.has(room)) this.#idle.set(room, now);
    }
    return changes.length === 0 ? { answer: () => {} } : { change: changes, answer: () => {} };
  }

  apply(change: RoomChange): void {
    const { room, position, entries: added = [] } = change;
    if (this.#ahead.get(room)?.by === change) this.#ahead.delete(room);
    const before = this.#rooms.get(room);
    if (before !== undefined) this.#size -= weigh(before);
    if (position === undefined) {
      this.#idle.delete(room);
      this.#rooms.delete(room);
      return;
    }
    const keep = change.keep ?? before?.keep;
    const entries = before?.entries ?? [];
    for (const entry of added) entries.push(entry); // there may be more than fit a call
    const dropped = entries.splice(0, surplus(entries, change));
    const after = { position, entries, keep, size: (before?.size ?? 0) + sizeOf(added) - sizeOf(dropped) };
    this.#rooms.set(room, after);
    this.#size += weigh(after);
    for (const entry of added)
      for (const listener of this.#watching.get(room) ?? [])
        this.#untold.push(() => listener(entry, position.ep));
  }

  /** Tells who watches of what was applied. A listener may say something itself: everybody hears that after what they hear now. */
  tell(): void {
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) next();
    } finally {
      this.#telling = false;
    }
  }

  /** What was decided and is not applied never will be. */
  giveUp(): void {
    this.#ahead.clear();
  }

  /** Changes that make these rooms of nothing. */
  *snapshot(): Generator<RoomChange> {
    for (const [room, { position, entries, keep }] of this.#rooms) yield { room, position, entries, keep };
  }

  /** No position that was given before can be compared with what is here now. */
  startOver(): void {
    for (const [name, room] of this.#rooms)
      this.#rooms.set(name, { ...room, position: { ...room.position, ep: this.#newEpoch() } });
  }

  #head(room: string): RoomPosition | undefined {
    const ahead = this.#ahead.get(room);
    return ahead === undefined ? this.#rooms.get(room)?.position : ahead.position;
  }

  #decide(change: RoomChange): RoomChange {
    this.#ahead.set(change.room, { by: change, position: change.position });
    return change;
  }
}

function entryOf({ name, data, except, at }: RoomMessage, off: number, prev: number): RoomEntry {
  return { off, prev, name, data, at, ...(except === undefined ? {} : { except }) };
}

function partOf(
  { ep, off }: RoomPosition,
  entries: readonly RoomEntry[],
  after: RoomPosition | undefined,
  most: number,
): RoomPart {
  const oldest = entries[0]?.prev ?? off;
  const from = after?.off ?? oldest;
  if (after !== undefined && (after.ep !== ep || from > off))
    return { ep, off, gap: { from, to: off }, entries: [] };
  if (from < oldest) return { ep, off, gap: { from, to: oldest }, entries: entries.slice(0, most) };
  const start = from - oldest; // offsets here have no holes
  return { ep, off, entries: entries.slice(start, start + most) };
}

/** How many of the oldest entries a change drops. */
function surplus(entries: readonly RoomEntry[], { drop, keep, entries: added }: RoomChange): number {
  if (drop !== undefined) return entries.findLastIndex(({ off }) => off <= drop) + 1;
  const newest = added?.at(-1);
  if (keep === undefined || newest === undefined) return 0;
  return Math.max(entries.length - keep.messages, tooOld(entries, keep, newest.at));
}

/** How many of the oldest entries are too old at `now`. */
function tooOld(entries: readonly RoomEntry[], { seconds }: Keep, now: number): number {
  const kept = entries.findIndex(({ at }) => at > now - seconds * 1_000);
  return kept < 0 ? entries.length : kept;
}

function sizeOf(entries: readonly RoomEntry[]): number {
  return entries.reduce((size, { data }) => size + data.length, 0);
}

function weigh({ entries, size }: Room): number {
  return overhead * (1 + entries.length) + size;
}
