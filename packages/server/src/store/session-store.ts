import type { Closed, Message } from "@symbolon/protocol";
import type { Awaitable } from "./awaitable.ts";
import type { RoomAppend } from "./room-log.ts";

/**
 * Keeps sessions, each with the process that has it. A process has a session by a lease, and renews it. When the lease runs
 * out, the session is detached and waits for its client. A lease prevents no `attach`: a process may ask the one that has the
 * session to release it, and attaches it anyhow when that takes too long. Who had it learns that by `watch`, or by `renew`.
 */
export interface SessionStore {
  /**
   * Begins a session, and leases it.
   *
   * @returns the right to change the session: its `fence` is 1, and its `epoch` names the history that the store has now.
   * @throws Error when the store already has a session with this `sessionId`, or is full.
   */
  create(session: NewSession): Awaitable<Claim>;
  /**
   * Gives a session to a new owner, because its client connected again. The store MUST check in this order, and MUST
   * NOT change anything before step 5:
   * 1. The session does not exist, or `secretHash`, `keyHash`, `principal` or `service` differ: `refused`. The client MUST
   *    NOT learn which of these failed, not even by the duration of the call: compare both hashes in constant time.
   * 2. `attempt` is not greater than the last attempt of the session: `stale`.
   * 3. The session, the request and the store do not have the same epoch; `receivedUpTo` is below
   *    `acknowledged.upTo` or above `lastSequence`; or `firstHeld` is above `received.upTo + 1`: `reset`.
   * 4. `asksFirst` is true, another process has the session or has detached it, and its lease holds: `asked`. That process
   *    receives `wanted`, and this one `released` when it may attach the session.
   * 5. Otherwise `resumed`. The fence grows by 1. The store leases the session to the new owner, and keeps `attempt`. It keeps
   *    `receivedUpTo` as `acknowledged.upTo`, adds every sequence that this newly covers to `acknowledged.pending`, and
   *    drops the messages up to there.
   */
  attach(request: AttachRequest): Awaitable<AttachResult>;
  /**
   * Records what happened to a session in one tick. The store MUST record all of it or nothing.
   * It MUST check in this order: the claim, its own capacity, the record.
   *
   * @returns `false` when the claim is not the newest of its session.
   * @throws Error when the store is full, and the record has `outgoing`, `roomMessages` or a `note`.
   * @throws RangeError when a sequence in `outgoing` does not follow the one before; when an `upTo` decreases, is not an
   *   integer or, in `acknowledged`, exceeds the last sequence; when `pending` does not ascend, or leaves 1 to `upTo`.
   */
  commit(claim: Claim, record: SessionCommit): Awaitable<boolean>;
  /**
   * Ends the lease of a session whose client has no wire. The session ends unless it is attached within `ms`.
   *
   * @returns `false` when the claim is not the newest of its session.
   */
  detach(claim: Claim, ms: number): Awaitable<boolean>;
  /**
   * The process will release a session that another one wants: that one receives `promised`.
   *
   * @returns `false` when the claim is not the newest of its session.
   */
  willRelease(claim: Claim): Awaitable<boolean>;
  /**
   * As `detach`, and the process keeps nothing of the session. A process that wants it receives `released`.
   *
   * @returns `false` when the claim is not the newest of its session.
   */
  release(claim: Claim, ms: number): Awaitable<boolean>;
  /**
   * Leases sessions again, also those whose lease has run out. Sessions that are detached stay detached.
   *
   * @param connected the sessions whose clients have a wire.
   * @param detached the sessions that the process has detached, and keeps for their clients.
   * @returns which of both the process has lost.
   */
  renew(
    connected: readonly Claim[],
    lease: Lease,
    detached: readonly Claim[],
  ): Awaitable<readonly SessionLoss[]>;
  /**
   * Calls `listener` for what concerns the sessions that this process has, has detached, or wants, from now on. A store that
   * several processes share MAY miss some, or be late: `renew` returns the losses too. A listener may call the store. A listener
   * MUST NOT throw.
   *
   * @param node the name of the process, as in its leases.
   * @returns a function that ends the subscription. A second call of it does nothing.
   */
  watch(node: string, listener: NoticeListener): () => void;
  /**
   * Detaches the sessions whose lease has run out: they end unless they are attached within `grace` ms after the end of the
   * lease. If the store does not know when a lease ended, the time counts from this call on. Ends the detached sessions whose time has passed. A store MAY change
   * only some of them in one call.
   *
   * @returns whether there are more to change.
   */
  sweep(grace: number): Awaitable<boolean>;
  /**
   * Ends a session. Afterwards the store MUST behave as if the session had never existed.
   *
   * @param close how the process that has the session closes its client's connection. The store passes it on and does not keep
   *   it.
   * @returns `false` when the claim is not the newest of its session.
   */
  remove(claim: Claim, close?: ClientClose): Awaitable<boolean>;
  /**
   * Whether so much waits for an answer of the store that new sessions would only make it slower: the server refuses them with
   * 503 then.
   *
   * @default never
   */
  isOverloaded?(): boolean;
  /** Lists sessions, in the order of their ids, by UTF-16 code units. A server calls it in `app.revoke`. */
  list(query?: SessionQuery): Awaitable<readonly StoredSession[]>;
}

/** Which sessions `list` returns. */
export interface SessionQuery {
  /** Those of this principal. @default all */
  readonly principal?: string | undefined;
  /** Those whose ids come after this one: the last of the list before. @default from the first on */
  readonly after?: string | undefined;
  /** How many at most. Fewer mean that there are no more. @default 1_000 */
  readonly most?: number;
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

/** How long a process has a session without renewing the lease. */
export interface Lease {
  /** Names the process: each has another name, and another one after a restart. */
  readonly node: string;
  /** In ms, from the call on. */
  readonly ms: number;
}

/** The code and the reason with which a client's connection is closed. */
export type ClientClose = Pick<Closed, "code" | "reason">;

/** A session that a process does not have any more, and the last claim of that process. */
export type SessionLoss =
  /** Another process has attached the session. */
  | { readonly type: "taken"; readonly claim: Claim }
  /** The session has ended. `close` is that of `remove`; `renew` does not know it. */
  | { readonly type: "removed"; readonly claim: Claim; readonly close?: ClientClose | undefined };

/** What a process receives by `watch`. */
export type SessionNotice =
  | SessionLoss
  /** Another process wants the session of this claim. This one is to `release` it when all that has arrived is finished. */
  | { readonly type: "wanted"; readonly claim: Claim }
  /** The process that has a session which this one wants will release it. */
  | { readonly type: "promised"; readonly sessionId: string }
  /** A session that this process wants can be attached now. */
  | { readonly type: "released"; readonly sessionId: string };

/** Receives what concerns the sessions of a process. */
export type NoticeListener = (notice: SessionNotice) => void;

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
  /** The account of the client, by which a store MAY divide its capacity. @default none */
  readonly account?: string | undefined;
  /** The lease of the process that calls. */
  readonly lease: Lease;
}

/** What a client presents to resume its session. */
export interface AttachRequest extends NewSession {
  /** The epoch that the client knows its session by. */
  readonly epoch: string;
  /** The last sequence that the client received; 0 when it received none. */
  readonly receivedUpTo: number;
  /** The lowest sequence that the client can still send again; one above its last when it holds none. */
  readonly firstHeld: number;
  /** Whether to ask the process that has the session to release it first. @default false */
  readonly asksFirst?: boolean;
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
  /** Another process has the session, and is asked to release it. */
  | { readonly type: "asked" }
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
  /**
   * Messages to rooms. The store MUST append each of them exactly once if it records the rest, and never if it does not. It MAY
   * do so after the commit, but MUST do so soon, also when the process that has called has ended; the messages of a session
   * to one room keep the order of its commits.
   */
  readonly roomMessages?: readonly RoomAppend[] | undefined;
  /** What the server needs after a restart. Replaces the last note. The store MUST NOT interpret it. */
  readonly note?: Message | undefined;
}

/** A session in the result of `list`. */
export interface StoredSession extends Pick<NewSession, "service" | "principal" | "keyHash"> {
  /** The newest claim of the session. */
  readonly claim: Claim;
  /** The process that has the session; undefined when it is detached, and where the store does not know it any more. */
  readonly owner: string | undefined;
  /** When the session ends unless it is attached, by the clock of the store; undefined while it is not detached. */
  readonly endsAt: number | undefined;
  /** The size of the unacknowledged messages, in bytes. A text counts one byte for each UTF-16 code unit. */
  readonly bytes: number;
}
