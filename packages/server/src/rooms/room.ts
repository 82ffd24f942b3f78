import type { Sent } from "@symbolon/protocol";

/** Who is in a room. */
export interface RoomMember {
  /** Resolves when the member is gone. */
  readonly closed: Promise<unknown>;
  /** Told what a watcher threw when this member came or left. */
  onError(error: unknown): void;
  /** It is in the room no more. */
  onLeave?(): void;
}

/** Who hears a broadcast. Joining ends by itself when the member's connection does. */
export interface Room<Joiner, Say extends (...args: never) => Sent> {
  /** The room's name. */
  readonly name: string;
  /** How many members are here. */
  readonly size: number;
  /** Who is here, in the order of joining. */
  readonly members: readonly Joiner[];
  /** Adds a member; joining twice does nothing. */
  readonly join: (member: Joiner) => void;
  /** Removes a member; one who is not here is no error. */
  readonly leave: (member: Joiner) => void;
  /** Tells `listener` who joins and who leaves, until the returned function is called. What it throws is told to `onError`. */
  readonly subscribe: (listener: (change: RoomChange<Joiner>) => unknown) => () => void;
  /** Says something to every member; a dead one harms nobody. Settles when it is in the room's log; raw rooms have none. */
  readonly send: Say;
}

/** Someone came into a room or is gone from it; the room's size counts it already. */
export interface RoomChange<Joiner> {
  readonly type: "joined" | "left";
  readonly member: Joiner;
}

/** Options of a broadcast. */
export interface BroadcastOptions<Joiner> {
  /** The one who does not hear it. */
  readonly except?: Joiner | undefined;
}

/** The rooms of one app or contract; a room is there while someone is in it. */
export class Rooms<Joiner extends object, Inside extends RoomMember, Options = undefined> {
  readonly #rooms = new Map<string, Map<Joiner, Inside>>();
  readonly #watchers = new Map<string, Set<(change: RoomChange<Joiner>) => unknown>>();
  readonly #memberOf: (joiner: Joiner, name: string, options?: Options) => Inside;

  /** `memberOf` makes a member of who joins; what it throws is thrown by `join`. */
  constructor(memberOf: (joiner: Joiner, name: string, options?: Options) => Inside) {
    this.#memberOf = memberOf;
  }

  /** The room of a name, in which one speaks by `send`. */
  room<Say extends (...args: never) => Sent>(
    name: string,
    send: Say,
  ): Room<Joiner, Say> & { readonly join: (joiner: Joiner, options?: Options) => void } {
    const rooms = this.#rooms;
    return {
      name,
      get size() {
        return rooms.get(name)?.size ?? 0;
      },
      get members() {
        return [...(rooms.get(name)?.keys() ?? [])];
      },
      join: (joiner, options?: Options) => this.#join(name, joiner, options),
      leave: (joiner) => this.#leave(name, joiner),
      subscribe: (listener) => this.#watch(name, listener),
      send,
    };
  }

  /** Those who are in a room now: whoever joins or leaves later changes nothing. */
  membersOf(name: string): (readonly [Joiner, Inside])[] {
    return Array.from(this.#rooms.get(name) ?? []);
  }

  #join(name: string, joiner: Joiner, options: Options | undefined): void {
    const members = this.#rooms.get(name) ?? new Map<Joiner, Inside>();
    if (members.has(joiner)) return;
    const member = this.#memberOf(joiner, name, options);
    this.#rooms.set(name, members.set(joiner, member));
    void member.closed.then(() => this.#leave(name, joiner));
    this.#tell(name, { type: "joined", member: joiner }, member);
  }

  #leave(name: string, joiner: Joiner): void {
    const members = this.#rooms.get(name);
    const member = members?.get(joiner);
    if (members === undefined || member === undefined) return;
    members.delete(joiner);
    if (members.size === 0) this.#rooms.delete(name);
    member.onLeave?.();
    this.#tell(name, { type: "left", member: joiner }, member);
  }

  #watch(name: string, listener: (change: RoomChange<Joiner>) => unknown): () => void {
    const watchers = this.#watchers.get(name) ?? new Set();
    const watcher = (change: RoomChange<Joiner>): unknown => listener(change); // its own, though a listener may come twice
    this.#watchers.set(name, watchers.add(watcher));
    return () => {
      if (watchers.delete(watcher) && watchers.size === 0) this.#watchers.delete(name);
    };
  }

  #tell(name: string, change: RoomChange<Joiner>, member: RoomMember): void {
    for (const watcher of Array.from(this.#watchers.get(name) ?? [])) void tell(watcher, change, member);
  }
}

/** A watcher that fails, now or later, harms neither the member nor the other watchers. */
async function tell<Change>(
  watcher: (change: Change) => unknown,
  change: Change,
  member: RoomMember,
): Promise<void> {
  try {
    await watcher(change);
  } catch (error) {
    member.onError(error);
  }
}
