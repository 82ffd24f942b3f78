import type { Decision } from "./session-table.ts";
import type {
  Retention,
  RoomPlace,
  RoomEntry,
  RoomListener,
  RoomMessage,
  RoomPart,
  RoomPosition,
  RoomAppend,
} from "./store.ts";

/** What becomes of a room, complete in itself. */
export interface RoomUpdate {
  readonly room: string;
  /** Undefined when the room is forgotten. */
  readonly position?: RoomPosition;
  /** Messages that are added. */
  readonly entries?: readonly RoomEntry[];
  /** The bounds of the log from now on, as of the newest message that is added. */
  readonly keep?: Retention | undefined;
  /** What is at or below this offset is dropped. */
  readonly drop?: number;
}

interface RoomState {
  readonly position: RoomPosition;
  readonly entries: RoomEntry[];
  readonly keep: Retention | undefined;
  /** Characters and bytes of the entries. */
  readonly size: number;
}

/** What a room, and an entry, costs beside its messages, in bytes, roughly. */
const overhead = 256;

/** The logs of rooms in memory: decides what becomes of them, applies what was decided, and tells who watches. */
export class RoomTable {
  readonly #rooms = new Map<string, RoomState>();
  /** What the newest decision makes of a room's position, until it is applied. */
  readonly #ahead = new Map<
    string,
    { readonly by: RoomUpdate; readonly position: RoomPosition | undefined }
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

  append(said: readonly RoomAppend[]): Decision<readonly RoomUpdate[], readonly RoomPlace[]> {
    const placed: RoomPlace[] = [];
    const changes = said.map(({ room, message, keep }) => {
      const { epoch: ep, offset: prev } = this.#head(room) ?? { epoch: this.#newEpoch(), offset: 0 };
      const off = prev + 1;
      placed.push({ offset: off, previous: prev });
      return this.#decide({
        room,
        position: { epoch: ep, offset: off },
        keep,
        entries: [entryOf(message, off, prev)],
      });
    });
    return { update: changes, result: () => placed };
  }

  position(room: string): Decision<readonly RoomUpdate[], RoomPosition> {
    const head = this.#head(room);
    const position = head ?? { epoch: this.#newEpoch(), offset: 0 };
    const change = head === undefined ? { update: [this.#decide({ room, position })] } : {};
    return { ...change, result: () => this.#rooms.get(room)?.position ?? position };
  }

  read(
    room: string,
    after: RoomPosition | undefined,
    most: number,
  ): Decision<readonly RoomUpdate[], RoomPart> {
    const { result: position, ...update } = this.position(room);
    return {
      ...update,
      result: () => partOf(position(), this.#rooms.get(room)?.entries ?? [], after, most),
    };
  }

  subscribe(room: string, listener: RoomListener): () => void {
    const listeners = this.#watching.get(room) ?? new Set();
    const own: RoomListener = (entry, ep) => listener(entry, ep); // its own, though a listener may come twice
    this.#watching.set(room, listeners.add(own));
    return () => {
      if (listeners.delete(own) && listeners.size === 0) this.#watching.delete(room);
    };
  }

  sweep(now: number, idle: number): Decision<readonly RoomUpdate[], void> {
    const changes: RoomUpdate[] = [];
    for (const [room, { position, entries, keep }] of this.#rooms) {
      if (this.#ahead.has(room)) continue; // something is on its way: the next sweep will see it
      const old = keep === undefined ? 0 : tooOld(entries, keep, now);
      const drop = entries[old - 1]?.offset;
      if (drop !== undefined) changes.push(this.#decide({ room, position, drop }));
      if (old < entries.length || this.#watching.has(room)) this.#idle.delete(room);
      else if (now - (this.#idle.get(room) ?? now) >= idle) changes.push(this.#decide({ room }));
      else if (!this.#idle.has(room)) this.#idle.set(room, now);
    }
    return changes.length === 0 ? { result: () => {} } : { update: changes, result: () => {} };
  }

  apply(change: RoomUpdate): void {
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
        this.#untold.push(() => listener(entry, position.epoch));
  }

  /** Tells who watches of what was applied. A listener may say something itself: everybody hears that after what they hear now. */
  notify(): void {
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) next();
    } finally {
      this.#telling = false;
    }
  }

  /** What was decided and is not applied never will be. */
  discardPending(): void {
    this.#ahead.clear();
  }

  /** Changes that make these rooms of nothing. */
  *snapshot(): Generator<RoomUpdate> {
    for (const [room, { position, entries, keep }] of this.#rooms) yield { room, position, entries, keep };
  }

  /** No position that was given before can be compared with what is here now. */
  renewEpochs(): void {
    for (const [name, room] of this.#rooms)
      this.#rooms.set(name, { ...room, position: { ...room.position, epoch: this.#newEpoch() } });
  }

  #head(room: string): RoomPosition | undefined {
    const ahead = this.#ahead.get(room);
    return ahead === undefined ? this.#rooms.get(room)?.position : ahead.position;
  }

  #decide(change: RoomUpdate): RoomUpdate {
    this.#ahead.set(change.room, { by: change, position: change.position });
    return change;
  }
}

function entryOf({ name, data, except, at }: RoomMessage, off: number, prev: number): RoomEntry {
  return { offset: off, previous: prev, name, data, at, ...(except === undefined ? {} : { except }) };
}

function partOf(
  { epoch: ep, offset: off }: RoomPosition,
  entries: readonly RoomEntry[],
  after: RoomPosition | undefined,
  most: number,
): RoomPart {
  const oldest = entries[0]?.previous ?? off;
  const from = after?.offset ?? oldest;
  if (after !== undefined && (after.epoch !== ep || from > off))
    return { epoch: ep, offset: off, gap: { from, to: off }, entries: [] };
  if (from < oldest)
    return { epoch: ep, offset: off, gap: { from, to: oldest }, entries: entries.slice(0, most) };
  const start = from - oldest; // offsets here have no holes
  return { epoch: ep, offset: off, entries: entries.slice(start, start + most) };
}

/** How many of the oldest entries a change drops. */
function surplus(entries: readonly RoomEntry[], { drop, keep, entries: added }: RoomUpdate): number {
  if (drop !== undefined) return entries.findLastIndex(({ offset: off }) => off <= drop) + 1;
  const newest = added?.at(-1);
  if (keep === undefined || newest === undefined) return 0;
  return Math.max(entries.length - keep.messages, tooOld(entries, keep, newest.at));
}

/** How many of the oldest entries are too old at `now`. */
function tooOld(entries: readonly RoomEntry[], { ms }: Retention, now: number): number {
  const kept = entries.findIndex(({ at }) => at > now - ms);
  return kept < 0 ? entries.length : kept;
}

function sizeOf(entries: readonly RoomEntry[]): number {
  return entries.reduce((size, { data }) => size + data.length, 0);
}

function weigh({ entries, size }: RoomState): number {
  return overhead * (1 + entries.length) + size;
}
