import type { Message } from "@symbolon/protocol";
import type { Awaitable } from "./awaitable.ts";

/**
 * Keeps the history of rooms. The messages of a room have one order, which is the same for all readers and listeners.
 * `append`, `read` and `position` begin a room that does not exist, at offset 0 and with a new epoch.
 */
export interface RoomLog {
  /**
   * Appends a message to a room, then drops the oldest messages that `keep` does not retain. The age of a message counts
   * up to `message.at`.
   *
   * A store MAY drop the oldest messages of any room when its capacity is used up: their readers receive a gap.
   *
   * @returns the place of the message.
   * @throws Error when the store is full.
   */
  append(room: string, message: RoomMessage, keep: Retention): Awaitable<RoomPlace>;
  /**
   * Reads messages: those after a position, or those that a selection chooses; at most `most` of them, the oldest first. When
   * the room has dropped messages after a position, the result has a gap, and the entries continue after it. A position of
   * another epoch, or beyond the newest message, cannot be compared: the result then has no entries, and a gap up to the newest
   * message. With a selection there is no gap.
   *
   * @param account the account of the client for which a room begins that does not exist.
   * @throws Error when the room does not exist and the store is full.
   */
  read(room: string, from: RoomPosition | RoomSelection, most: number, account?: string): Awaitable<RoomPart>;
  /**
   * Returns the position of the newest message of a room.
   *
   * @param account the account of the client for which a room begins that does not exist.
   * @throws Error when the room does not exist and the store is full.
   */
  position(room: string, account?: string): Awaitable<RoomPosition>;
  /**
   * Whether the clients of an account may cause so many bytes more. The server asks before it lets them send in rooms, or
   * begin sessions. A store that has this method refuses an account alone that fills it, and no other.
   *
   * @default each account may, until the store is full for all
   */
  hasCapacity?(account: string, bytes: number): boolean;
  /**
   * Returns the number of a member's present membership in a room: 0 at first, and in a room that does not exist.
   */
  membership(room: string, member: string): Awaitable<number>;
  /**
   * Ends a member's present membership: its number MUST be one that it never had before in this epoch of the room. A store
   * MAY end the membership of every member of the room when it remembers 1,000 members. In a room that does not exist it
   * does nothing.
   */
  endMembership(room: string, member: string): Awaitable<void>;
  /**
   * Calls `watcher.receive` for every message of a room from now on, in order; if several processes share the store, for the
   * messages of all of them. A store that answers at once calls it before the `append` or `commit` returns; another store
   * MUST call it soon. A watcher may call the store: every watcher then receives the resulting messages after the present one.
   * A watcher MUST NOT throw. Two watches by one watcher are independent.
   */
  watch(room: string, watcher: RoomWatcher): RoomWatch;
  /**
   * Drops the messages that are too old at `now`, in ms since 1970. Forgets each room that had no message and no
   * watcher at every sweep of the last `idle` ms. A forgotten room that is used again MUST have a new epoch.
   */
  sweep(now: number, idle: number): Awaitable<void>;
}

/** Receives the new messages of a room. */
export interface RoomWatcher {
  /** The room has a new message; `epoch` is that of its offset. */
  receive(entry: RoomEntry, epoch: string): void;
  /** The store has lost its connection and has it again: what was sent between MUST be read from the log. */
  missed(): void;
}

/** A watch of a room. */
export interface RoomWatch {
  /**
   * Settles when every message that is appended from then on is received; undefined when that holds at once. When it rejects,
   * the watch has failed, and does nothing more.
   */
  readonly ready: Promise<void> | undefined;
  /** Ends the watch: the watcher is not called any more. A second call does nothing. */
  stop(): void;
}

/** Chooses the messages of a room from one of them on. `{}` chooses every message that the room retains. */
export interface RoomSelection {
  /** How many of the newest messages that were sent before `until`. @default all */
  readonly last?: number | undefined;
  /** Those of them that were sent later than this time, in ms since 1970. @default of any age */
  readonly since?: number | undefined;
  /** Every message that was sent at this time or later is chosen too, in ms since 1970. @default none */
  readonly until?: number | undefined;
}

/** A message to a room. */
export interface RoomMessage {
  /** The name of the event. */
  readonly name: string;
  /** The encoded value of the event. */
  readonly data: Message;
  /** The id of the session that MUST NOT receive the message. The store only keeps it; readers apply it. */
  readonly except?: string | undefined;
  /** When the message was sent, in ms since 1970. */
  readonly at: number;
  /** The account of the client that caused the message, by which a store MAY divide its capacity. @default none */
  readonly account?: string | undefined;
}

/** A message to a room, as part of a commit. The fields are the parameters of `RoomLog.append`. */
export interface RoomAppend {
  /** The room. */
  readonly room: string;
  /** The message. */
  readonly message: RoomMessage;
  /** How much history the room retains from now on. */
  readonly keep: Retention;
}

/** How much history a room retains. The store MUST drop what exceeds a bound, the oldest messages first. */
export interface Retention {
  /** How many messages; with 0 a room retains none, gives its listeners each of them, and counts them in its offsets. */
  readonly messages: number;
  /** How old a message may become, in ms. */
  readonly ms: number;
  /**
   * The size of all their data, in bytes; a text counts one byte for each UTF-16 code unit. The newest message is kept
   * although it is larger.
   * @default any
   */
  readonly bytes?: number;
}

/** The place of a message in its room. */
export interface RoomPlace {
  /** The number of the message. It grows with every message, and MUST NOT occur twice within an epoch of the room. */
  readonly offset: number;
  /** The offset of the message before; 0 for the first message. */
  readonly previous: number;
}

/** A message of a room, and its place. */
export interface RoomEntry extends RoomMessage, RoomPlace {}

/** A position in the history of a room. Offsets of two epochs cannot be compared. */
export interface RoomPosition {
  /** Names the history of the room. */
  readonly epoch: string;
  /** The offset of the last message up to here; 0 before the first. */
  readonly offset: number;
}

/**
 * A part of the history of a room. `epoch` and `offset` are the position of the newest message of the room: unless the
 * last entry is there, more can be read.
 */
export interface RoomPart extends RoomPosition {
  /** The messages above `from` and up to `to` are lost, or cannot be known. The entries continue after `to`. */
  readonly gap?: { readonly from: number; readonly to: number };
  /** The messages, the oldest first. */
  readonly entries: readonly RoomEntry[];
}
