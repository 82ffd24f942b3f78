import type { Message } from "@symbolon/protocol";
import type { TicketStore } from "./ticket-store.ts";

/** A value, or a promise of it. A store in memory returns values, so that its callers do not wait. */
export type Awaitable<Value> = Value | Promise<Value>;

/**
 * Keeps sessions and the history of rooms outside of the connections that use them. What the store keeps survives a
 * lost connection; a store in files or in a database survives the end of the process too.
 *
 * Rules for every store:
 * - A call MUST decide and change in one step: of two concurrent calls, one MUST see everything that the other changed.
 * - A call MUST settle only when its change survives everything that the store promises to survive.
 * - Calls MUST settle in the order in which the caller made them.
 * - A call that returns `false`, throws or rejects MUST NOT change anything: after an error the caller may repeat it.
 * - A store MUST begin a new epoch when it cannot prove that it still has every change that settled.
 * - A store MUST NOT use an epoch again that it, or another store, used before.
 * - A store MUST NOT read a clock: the caller passes every time, in ms since 1970.
 * - A store MUST NOT interpret or alter a `Message`: a string comes back as the same string, and bytes as the same bytes.
 * - A store that is full MUST accept every call for which no error is noted here: such a call may free capacity.
 * - A store MUST NOT drop anything without reporting it: by a new epoch, by `reset`, or by a `gap`.
 *
 * A store may keep the objects that it receives without copying them: the caller never changes them afterwards.
 *
 * `packages/server/test/store/store-conformance.ts` in the repository of this package tests these rules for any store.
 */
export interface Store {
  /** Names the history that new sessions belong to. It MUST have at least 64 random bits. */
  readonly epoch: string;
  /**
   * The secret by which the server signs the positions of room members: 256 random bits. It MUST stay the same for as long
   * as the store keeps the epochs of its rooms, and for every process of the store. It never leaves the server.
   */
  readonly proofKey: string;
  /** The sessions. */
  readonly sessions: SessionStore;
  /** The history of the rooms. */
  readonly rooms: RoomLog;
  /** The tickets that clients have not used yet. */
  readonly tickets: TicketStore;
  /** Waits for the calls in progress, then releases files and connections. Every later call MUST reject. */
  close?(): Awaitable<void>;
}

/** Keeps sessions. A session never expires by itself: the caller decides when it ends, and calls `remove`. */
export interface SessionStore {
  /**
   * Begins a session.
   *
   * @returns the right to change the session: its `fence` is 1, its `epoch` is the epoch of the store.
   * @throws Error when the store already has a session with this `sessionId`, or is full.
   */
  create(session: NewSession): Awaitable<Claim>;
  /**
   * Gives a session to a new owner, because its client connected again. The store MUST check in this order, and MUST
   * NOT change anything before step 4:
   * 1. The session does not exist, or `secretHash`, `keyHash`, `principal` or `service` differ: `refused`. The client MUST
   *    NOT learn which of these failed, not even by the duration of the call: compare both hashes in constant time.
   * 2. `attempt` is not greater than the last attempt of the session: `stale`.
   * 3. The session, the request and the store do not have the same epoch; `receivedUpTo` is below
   *    `acknowledged.upTo` or above `lastSequence`; or `firstHeld` is above `received.upTo + 1`: `reset`.
   * 4. Otherwise `resumed`. The fence grows by 1. The store keeps `attempt`, and forgets `detachedAt`. It keeps
   *    `receivedUpTo` as `acknowledged.upTo`, adds every sequence that this newly covers to `acknowledged.pending`, and
   *    drops the messages up to there.
   */
  attach(request: AttachRequest): Awaitable<AttachResult>;
  /**
   * Records what happened to a session in one tick. The store MUST record all of it, room messages included, or nothing.
   * It MUST check in this order: the claim, its own capacity, the record.
   *
   * @returns the places of `roomMessages`, in their order; `false` when the claim is not the newest of its session.
   * @throws Error when the store is full, and the record has `outgoing`, `roomMessages` or a `note`.
   * @throws RangeError when a sequence in `outgoing` does not follow the one before; when an `upTo` decreases, is not an
   *   integer or, in `acknowledged`, exceeds the last sequence; when `pending` does not ascend, or leaves 1 to `upTo`.
   */
  commit(claim: Claim, record: SessionCommit): Awaitable<readonly RoomPlace[] | false>;
  /**
   * Records that the client has had no wire since `at`, in ms since 1970. This holds until the next `attach`.
   *
   * @returns `false` when the claim is not the newest of its session.
   */
  detach(claim: Claim, at: number): Awaitable<boolean>;
  /**
   * Ends a session. Afterwards the store MUST behave as if the session had never existed.
   *
   * @returns `false` when the claim is not the newest of its session.
   */
  remove(claim: Claim): Awaitable<boolean>;
  /** Lists every session, in any order. A server calls it when it starts, and in `app.revoke`. */
  list(): Awaitable<readonly StoredSession[]>;
}

/**
 * The right to change a session. It holds until the next `attach` of the session succeeds. `epoch` and `fence` identify
 * it together: fences of two epochs cannot be compared.
 */
export interface Claim {
  /** The session. */
  readonly sessionId: string;
  /** The epoch of the store when the session began. */
  readonly epoch: string;
  /** Numbers the owners of the session, from 1. */
  readonly fence: number;
}

/** A session that begins. */
export interface NewSession {
  /** Names the session. No other session of the store has this id. */
  readonly sessionId: string;
  /** A hash of the secret that the client presents to resume the session. The store never receives the secret itself. */
  readonly secretHash: string;
  /** The authenticated identity that owns the session; undefined when the session is anonymous. */
  readonly principal: string | undefined;
  /** The codec and the path that the session uses. The store compares it for equality, and MUST NOT interpret it. */
  readonly service: string;
  /** A hash of the secret of the client instance, for example of one browser tab. No other instance may resume the session. */
  readonly keyHash: string;
  /** The number of the client's dial. It grows with every dial. */
  readonly attempt: number;
}

/** What a client presents to resume its session. */
export interface AttachRequest extends NewSession {
  /** The epoch that the client knows its session by. */
  readonly epoch: string;
  /** The last sequence that the client received; 0 when it received none. */
  readonly receivedUpTo: number;
  /** The lowest sequence that the client can still send again; one above its last when it holds none. */
  readonly firstHeld: number;
}

/** The outcome of `attach`. */
export type AttachResult =
  /**
   * The client has no right to this session, or the session does not exist; `known` is false in the second case. The server
   * counts the attempts at known sessions, and MUST NOT tell the client which case it is.
   */
  | { readonly type: "refused"; readonly known: boolean }
  /** The client has dialed again since. */
  | { readonly type: "stale" }
  /** The session cannot continue without a loss. The client receives `reason`; `cause` is a sentence for logs. */
  | { readonly type: "reset"; readonly reason: "lost"; readonly cause: string }
  /** The session continues. `claim` replaces every earlier claim of it. */
  | { readonly type: "resumed"; readonly claim: Claim; readonly state: SessionState };

/** How far a receiver has come: it received every sequence up to `upTo`, and finished all of them except `pending`. */
export interface Progress {
  /** The last sequence that was received; 0 before the first. */
  readonly upTo: number;
  /** Sequences that were received, and may not be finished. They ascend, from 1 to `upTo`. */
  readonly pending: readonly number[];
}

/** A message to the client that the client has not acknowledged. */
export interface StoredMessage {
  /** The number of the message in its session, from 1. */
  readonly sequence: number;
  /** The encoded frame. */
  readonly data: Message;
}

/** The state of a session, as its new owner receives it. */
export interface SessionState {
  /** What the server received from the client. After a restart the server asks the client for the pending ones again. */
  readonly received: Progress;
  /** What the client received from the server, as far as the server knows. */
  readonly acknowledged: Progress;
  /** The sequence of the newest message to the client; 0 when there was none. */
  readonly lastSequence: number;
  /** Every message above `acknowledged.upTo`, in order. The server sends them again. */
  readonly unacknowledged: readonly StoredMessage[];
  /** The last `note` that a commit recorded; undefined when none did. */
  readonly note: Message | undefined;
}

/** What happened to a session in one tick. A field that is undefined leaves the stored value as it is. */
export interface SessionCommit {
  /** New messages to the client. Their sequences continue from the last one without a hole. */
  readonly outgoing?: readonly StoredMessage[] | undefined;
  /** What the client acknowledged. The store drops the messages up to `upTo`. */
  readonly acknowledged?: Progress | undefined;
  /** What the server received from the client, and what of it is not finished. */
  readonly received?: Progress | undefined;
  /** Messages to rooms. The store appends them if and only if it records the rest. */
  readonly roomMessages?: readonly RoomAppend[] | undefined;
  /** What the server needs after a restart. Replaces the last note. The store MUST NOT interpret it. */
  readonly note?: Message | undefined;
}

/** A session in the result of `list`. */
export interface StoredSession extends Pick<NewSession, "service" | "principal" | "keyHash"> {
  /** The newest claim of the session. */
  readonly claim: Claim;
  /**
   * Since when the client has had no wire, in ms since 1970. Undefined when the session is attached, or when its server
   * ended without a call of `detach`.
   */
  readonly detachedAt: number | undefined;
  /** The size of the unacknowledged messages, in bytes. A text counts one byte for each UTF-16 code unit. */
  readonly bytes: number;
}

/**
 * Keeps the history of rooms. The messages of a room have one order, which is the same for all readers and listeners.
 * `append`, `read` and `position` begin a room that does not exist, at offset 0 and with a new epoch.
 */
export interface RoomLog {
  /**
   * Appends a message to a room, then drops the oldest messages that `keep` does not retain. The age of a message counts
   * up to `message.at`.
   *
   * @returns the place of the message.
   * @throws Error when the store is full.
   */
  append(room: string, message: RoomMessage, keep: Retention): Awaitable<RoomPlace>;
  /**
   * Reads the messages after a position: at most `limit` of them, which may be `Infinity`, the oldest first. Without a
   * position it reads from the oldest message that the room retains. When the room has dropped messages after the
   * position, the result has a gap, and the entries continue after it. A position of another epoch, or beyond the newest
   * message, cannot be compared: the result then has no entries, and a gap up to the newest message.
   *
   * @throws Error when the room does not exist and the store is full.
   */
  read(room: string, after: RoomPosition | undefined, limit: number): Awaitable<RoomPart>;
  /**
   * Returns the position of the newest message of a room.
   *
   * @throws Error when the room does not exist and the store is full.
   */
  position(room: string): Awaitable<RoomPosition>;
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
   * Calls `listener` for every message of a room from now on, in order; if several processes share the store, for the
   * messages of all of them. The store MUST call it when the `append` or `commit` is certain to succeed, and before that
   * call settles. A listener may call the store: every listener then receives the resulting messages after the present
   * one. A listener MUST NOT throw. Two subscriptions of one listener are independent.
   *
   * @returns a function that ends the subscription. A second call of it does nothing.
   */
  subscribe(room: string, listener: RoomListener): () => void;
  /**
   * Drops the messages that are too old at `now`, in ms since 1970. Forgets each room that had no message and no
   * listener at every sweep of the last `idle` ms. A forgotten room that is used again MUST have a new epoch.
   */
  sweep(now: number, idle: number): Awaitable<void>;
}

/** Receives a new message of a room, and the epoch of its offset. */
export type RoomListener = (entry: RoomEntry, epoch: string) => void;

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

/** How much history a room retains. The store MUST drop what exceeds either bound. */
export interface Retention {
  /** How many messages. */
  readonly messages: number;
  /** How old a message may become, in ms. */
  readonly ms: number;
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
