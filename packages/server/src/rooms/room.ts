import { RequestError, Sent } from "@symbolon/protocol";
import { byteLength } from "@symbolon/protocol/internal";

/** A member, as its room needs it. */
export interface RoomMember {
  /** Resolves when the member's connection or session has ended: then it leaves the room. */
  readonly closed: Promise<unknown>;
  /** Called with what a subscriber of the room threw when this member joined or left. */
  onError(error: unknown): void;
  /** Called when the member has left: by `leave`, or as its connection or session has ended. */
  onLeave?(cause: "leave" | "closed"): void;
}

/** The members of a room. A member leaves by itself when its connection or session ends. */
export interface RoomMembers<Joiner> {
  /** The room's name. */
  readonly name: string;
  /** How many members the room has. */
  readonly size: number;
  /** The members, in the order of joining. */
  readonly members: readonly Joiner[];
  /** Adds a member; joining twice does nothing. */
  readonly join: (member: Joiner) => void;
  /** Removes a member; for a client that is not in the room it does nothing. */
  readonly leave: (member: Joiner) => void;
  /**
   * Calls `listener` when a member joins or leaves. What it throws goes to `onError`.
   * @returns unsubscribes it.
   */
  readonly subscribe: (listener: (change: RoomChange<Joiner>) => unknown) => () => void;
}

/** A group of clients that receive the same messages. */
export interface Room<Joiner, Send extends (...args: never) => Sent> extends RoomMembers<Joiner> {
  /**
   * Sends a message to every member; a member that cannot receive it does not affect the others. Settles when the room's
   * log has the message; rooms of raw routes have no log.
   */
  readonly send: Send;
}

/** A member has joined a room or left it. The room's size counts it already. */
export interface RoomChange<Joiner> {
  /** What the member did. */
  readonly type: "joined" | "left";
  /** The member. */
  readonly member: Joiner;
}

/** Options of a room's `send`. */
export interface BroadcastOptions<Joiner> {
  /** A member that does not receive the message. @default none */
  readonly except?: Joiner | undefined;
  /**
   * Sends the message only to the members that can receive it now; for one that is disconnected, or whose connection is full,
   * it is dropped without a gap. No room remembers it, and no store has it. There is no order between it and other messages.
   * @default false
   */
  readonly volatile?: boolean | undefined;
}

/** The most bytes of a room's name as a JSON text, without the quotes. A `hello` has room for 100 of them. */
const maxNameBytes = 200;
/** What a name may not have: control characters, half of a surrogate pair, and the wildcard of key stores. */
const forbidden = /[\p{Cc}\p{Cs}\u2028\u2029*]/u;

/** The rooms of one app or contract. A room exists while it has members. */
export class Rooms<
  Joiner extends object,
  Member extends RoomMember,
  Options = undefined,
  Presence = undefined,
> {
  readonly #rooms = new Map<string, Map<Joiner, Member>>();
  readonly #subscribers = new Map<string, Set<(change: RoomChange<Joiner>) => unknown>>();
  readonly #presenceOf: (name: string) => Presence;
  readonly #createMember: (joiner: Joiner, name: string, options?: Options) => Member;

  /** `join` throws what `createMember` throws; `presenceOf` finds what a room of a contract has as `presence`. */
  constructor(
    createMember: (joiner: Joiner, name: string, options?: Options) => Member,
    presenceOf: (name: string) => Presence = () => undefined as Presence,
  ) {
    this.#createMember = createMember;
    this.#presenceOf = presenceOf;
  }

  /**
   * The room of that name; `send` sends to its members.
   * @throws RequestError with `INVALID_ROOM` when no room may have that name.
   */
  room<Send extends (...args: never) => Sent>(
    name: string,
    send: Send,
  ): Room<Joiner, Send> & {
    readonly join: (joiner: Joiner, options?: Options) => void;
    readonly presence: Presence;
  } {
    checkName(name);
    const rooms = this.#rooms;
    const presenceOf = this.#presenceOf;
    return {
      name,
      get size() {
        return rooms.get(name)?.size ?? 0;
      },
      get presence() {
        return presenceOf(name);
      },
      get members() {
        return [...(rooms.get(name)?.keys() ?? [])];
      },
      join: (joiner, options?: Options) =>
        this.join(name, joiner, () => this.#createMember(joiner, name, options)),
      leave: (joiner) => this.#leave(name, joiner, "leave"),
      subscribe: (listener) => this.#subscribe(name, listener),
      send,
    };
  }

  /**
   * Adds a client to a room, with the member that `createMember` makes. Joining twice does nothing.
   * @throws what `createMember` throws.
   */
  join(name: string, joiner: Joiner, createMember: () => Member): void {
    const members = this.#rooms.get(name) ?? new Map<Joiner, Member>();
    if (members.has(joiner)) return;
    const member = createMember();
    this.#rooms.set(name, members.set(joiner, member));
    void member.closed.then(() => this.#leave(name, joiner, "closed"));
    this.#emit(name, { type: "joined", member: joiner }, member);
  }

  /** Whether a client is in a room. */
  has(name: string, joiner: Joiner): boolean {
    return this.#rooms.get(name)?.has(joiner) === true;
  }

  /** How many members a room has. */
  size(name: string): number {
    return this.#rooms.get(name)?.size ?? 0;
  }

  /** A copy of a room's members: later joins and leaves do not change it. */
  membersOf(name: string): (readonly [Joiner, Member])[] {
    return Array.from(this.#rooms.get(name) ?? []);
  }

  #leave(name: string, joiner: Joiner, cause: "leave" | "closed"): void {
    const members = this.#rooms.get(name);
    const member = members?.get(joiner);
    if (members === undefined || member === undefined) return;
    members.delete(joiner);
    if (members.size === 0) this.#rooms.delete(name);
    member.onLeave?.(cause);
    this.#emit(name, { type: "left", member: joiner }, member);
  }

  #subscribe(name: string, listener: (change: RoomChange<Joiner>) => unknown): () => void {
    const subscribers = this.#subscribers.get(name) ?? new Set();
    // A new function, so that a listener may subscribe twice.
    const subscriber = (change: RoomChange<Joiner>): unknown => listener(change);
    this.#subscribers.set(name, subscribers.add(subscriber));
    return () => {
      if (subscribers.delete(subscriber) && subscribers.size === 0) this.#subscribers.delete(name);
    };
  }

  #emit(name: string, change: RoomChange<Joiner>, member: RoomMember): void {
    for (const subscriber of Array.from(this.#subscribers.get(name) ?? []))
      void callSubscriber(subscriber, change, member);
  }
}

/** @throws RequestError with `INVALID_ROOM`: the name often comes from a client, which receives the error. */
export function checkName(name: string): void {
  if (typeof name !== "string") throw new RequestError("INVALID_ROOM", "the name of a room is a string");
  if (byteLength(JSON.stringify(name)) - 2 > maxNameBytes)
    throw new RequestError("INVALID_ROOM", `the name of a room has at most ${maxNameBytes} bytes`);
  if (forbidden.test(name))
    throw new RequestError("INVALID_ROOM", "the name of a room has no control character and no *");
}

/** A subscriber that throws, now or later, affects neither the member nor the other subscribers. */
async function callSubscriber<Change>(
  subscriber: (change: Change) => unknown,
  change: Change,
  member: RoomMember,
): Promise<void> {
  try {
    await subscriber(change);
  } catch (error) {
    member.onError(error);
  }
}

/** A send that is done. */
export function settledSend(): Sent {
  const sent = new Sent();
  sent.resolve();
  return sent;
}
