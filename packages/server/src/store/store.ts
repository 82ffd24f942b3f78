import type { Message } from "@symbolon/protocol";

/** A value, or a promise of it: a store in memory answers at once, and nobody has to wait for it. */
export type Awaitable<Value> = Value | Promise<Value>;

/**
 * What survives a wire, and perhaps a process: sessions, and the logs of rooms.
 *
 * An implementor MUST
 * - decide and change in one step: of two calls at the same time one sees what the other did;
 * - settle a call only when its change outlives whatever the store promises to outlive, and in the order of the calls;
 * - change nothing when a call is refused, throws or rejects, so that the caller may make it again;
 * - take a new epoch when it cannot prove that it has everything it settled, and never take one twice.
 *
 * It MUST NOT read a clock (times come in, in ms since 1970), look into a message, or lose anything without saying so.
 * What it is given it may keep as it is: nobody changes a message that was handed over.
 */
export interface Store {
  /** Names the history that new sessions belong to: 64 random bits or more. */
  readonly epoch: string;
  readonly sessions: SessionStore;
  readonly rooms: RoomLog;
  /** Waits for what is under way and lets go of everything. Calls that come later reject. */
  close?(): Awaitable<void>;
}

/** The sessions of a store. Which of them expire, and when, is for those who use it to decide. */
export interface SessionStore {
  /** Begins a session and gives the right to change it. Throws when the store has that `sid`, or is full. */
  create(session: NewSession): Awaitable<Claim>;
  /**
   * Takes a session over for a new wire. In this order, and only the last changes anything:
   * 1. no such session, or another secret, principal or service: `refused`, and nobody can tell which, not even by the time it took;
   * 2. `att` not above the last: `stale`;
   * 3. its history or the positions do not fit, or it is broken: `reset`;
   * 4. `resumed`: a new fence, `att` and `rx` are kept, what is at or below `rx` is dropped.
   */
  attach(request: AttachRequest): Awaitable<AttachResult>;
  /**
   * Records what one tick did, all of it or nothing, with the places of the room messages among it. False, and nothing
   * has changed, when the claim is not the newest one of its session. Throws RangeError when the record cannot follow
   * what is there, and an error when the store is full; a record that adds no message and no note is taken by a full store too.
   */
  commit(claim: Claim, record: SessionCommit): Awaitable<readonly RoomPlace[] | false>;
  /** The session has had no wire since `at`, until it is attached. False when the claim is not the newest one. */
  detach(claim: Claim, at: number): Awaitable<boolean>;
  /** Ends the session: it is as if it had never been. False when the claim is not the newest one. */
  remove(claim: Claim): Awaitable<boolean>;
  /** Every session there is: what a server that starts may find, and parks when it has no `since`; among them are those that `revoke` ends. */
  list(): Awaitable<readonly StoredSession[]>;
}

/** The right to change a session, until somebody attaches it. `ep` and `fence` count together: fences of two epochs do not compare. */
export interface Claim {
  readonly sessionId: string;
  readonly epoch: string;
  /** Counts the owners of the session from 1. */
  readonly fence: number;
}

/** A session that begins. */
export interface NewSession {
  readonly sessionId: string;
  /** A hash of the secret by which the session is resumed; never the secret itself. */
  readonly secret: string;
  /** Who may resume it; undefined for an anonymous session. */
  readonly principal: string | undefined;
  /** What the session is spoken in and about, in the words of the caller: a resume for anything else is refused. */
  readonly service: string;
  /** The client instance. */
  readonly clientId: string;
  /** The number of the client's dial. */
  readonly attempt: number;
}

/** What a client brings to resume its session. */
export interface AttachRequest extends Omit<NewSession, "clientId"> {
  readonly epoch: string;
  /** The last sequence that the client received. */
  readonly receivedUpTo: number;
  /** The lowest sequence that the client still holds, or one above its last. */
  readonly firstHeld: number;
}

/** What became of an attempt to attach. */
export type AttachResult =
  | { readonly type: "refused" }
  | { readonly type: "stale" }
  /** `why` as the client is told it; `cause` is a sentence for the log. */
  | { readonly type: "reset"; readonly reason: "lost" | "overflow"; readonly cause: string }
  | { readonly type: "resumed"; readonly claim: Claim; readonly state: SessionState };

/** How far one half has come with what the other says: every sequence up to `upTo` arrived and is finished, except those in `but`. */
export interface Progress {
  readonly upTo: number;
  /** Ascending; they arrived, and it is not known that they are finished. */
  readonly pending: readonly number[];
}

/** A message to the client that it has not acknowledged. */
export interface StoredMessage {
  readonly sequence: number;
  /** The frame, encoded once; a text stays a text and bytes stay bytes. */
  readonly data: Message;
}

/** Where a session was left. */
export interface SessionState {
  /** What arrived here from the client. After a restart those in `but` are lost: they are asked for again. */
  readonly received: Progress;
  /** What is known to have arrived at the client. */
  readonly acknowledged: Progress;
  /** The last sequence that was given. */
  readonly lastSequence: number;
  /** What has to be said again, in order: everything above `acked.upTo`. */
  readonly unacknowledged: readonly StoredMessage[];
  /** The last `note`, if there was one. */
  readonly note: Message | undefined;
}

/** What one tick did to a session; what is left out stays as it was. */
export interface SessionCommit {
  /** Messages to the client, numbered on from the last one. */
  readonly outgoing?: readonly StoredMessage[] | undefined;
  /** What the client acknowledged, as it said it. `upTo` never goes back and never beyond what was sent. */
  readonly acknowledged?: Progress | undefined;
  /** What arrived here, and what of it is not finished. `upTo` never goes back. */
  readonly received?: Progress | undefined;
  /** Messages to rooms, which are said if and only if the rest is recorded. */
  readonly roomMessages?: readonly RoomAppend[] | undefined;
  /** What the owner of the session wants to know again after a restart, in its own words; replaces the last note. */
  readonly note?: Message | undefined;
  /** Too much waited for the client: its messages are dropped, and no attach succeeds any more. */
  readonly broken?: true | undefined;
}

/** A session as `list` tells of it. */
export interface StoredSession {
  readonly claim: Claim;
  readonly service: string;
  readonly principal: string | undefined;
  readonly clientId: string;
  /** Since when it has had no wire, in ms since 1970; undefined when nobody parked it: its server may have died. */
  readonly detachedAt: number | undefined;
  /** Characters and bytes that wait for its client. */
  readonly bytes: number;
}

/** What was said in rooms: each room has a total order, the same for everybody. */
export interface RoomLog {
  /** Says something in a room, and drops from its log what `keep` does not keep. Throws when the store is full. */
  append(room: string, message: RoomMessage, keep: Retention): Awaitable<RoomPlace>;
  /**
   * What was said after a position, oldest first and at most `most`; without a position, from the oldest that is kept.
   * A position that cannot be compared (another epoch, or beyond the newest) gives a gap up to the newest. Throws when it
   * has to begin the room, and the store is full.
   */
  read(room: string, after: RoomPosition | undefined, most: number): Awaitable<RoomPart>;
  /** Where a room is now. A room begins when it is first asked for, and keeps its epoch. Throws when the store is too full to begin it. */
  position(room: string): Awaitable<RoomPosition>;
  /**
   * Tells `listener` of every message in the order of the room, from now on until the returned function is called: once
   * its `append` or `commit` is sure to settle, before it does. The listener must not throw.
   */
  subscribe(room: string, listener: RoomListener): () => void;
  /**
   * Drops what has grown too old at `now`, and forgets rooms that were empty and unwatched at every sweep for `idle` ms.
   * A room that was forgotten begins again with a new epoch.
   */
  sweep(now: number, idle: number): Awaitable<void>;
}

/** Hears what is said in a room; `ep` tells whether its offset can be compared with one known before. */
export type RoomListener = (entry: RoomEntry, ep: string) => void;

/** Something to say in a room. */
export interface RoomMessage {
  readonly name: string;
  /** The value, encoded once by whatever codec the caller chose for its rooms; its text can be spliced into a JSON frame. */
  readonly data: Message;
  /** The `sid` of the one who does not hear it. */
  readonly except?: string | undefined;
  /** When it was said, in ms since 1970. */
  readonly at: number;
}

/** A message to a room, as part of a commit. */
export interface RoomAppend {
  readonly room: string;
  readonly message: RoomMessage;
  readonly keep: Retention;
}

/** How much of a room's past is kept: whichever bound comes first. */
export interface Retention {
  readonly messages: number;
  /** How old a message may be, in ms. */
  readonly ms: number;
}

/** The place of a message in its room. */
export interface RoomPlace {
  /** Grows from message to message, and never comes back within an epoch of the room. */
  readonly offset: number;
  /** The offset of the message before, 0 for the first: the same for everybody. */
  readonly previous: number;
}

/** A message with its place. */
export interface RoomEntry extends RoomMessage, RoomPlace {}

/** A place in the history of a room: `ep` names the history, and offsets of two histories do not compare. */
export interface RoomPosition {
  readonly epoch: string;
  readonly offset: number;
}

/** Part of a room's history. `ep` and `off` are the room's present position: there is more to read unless the last entry is at `off`. */
export interface RoomPart extends RoomPosition {
  /** What was said above `from` and up to `to` is lost or cannot be known; the entries go on after `to`. */
  readonly gap?: { readonly from: number; readonly to: number };
  readonly entries: readonly RoomEntry[];
}
