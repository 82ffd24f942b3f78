import type {
  AttachResult,
  AttachRequest,
  Claim,
  ClientClose,
  Lease,
  SessionCommit,
  SessionLoss,
  SessionQuery,
  NewSession,
  Progress,
  SessionState,
  StoredSession,
} from "../session-store.ts";
import {
  advance,
  type DecidedSession,
  findMismatch,
  lastOf,
  matchesIdentity,
  matchesSecrets,
  receivedByClient,
} from "./session-checks.ts";
import type { AccountShares } from "./account-shares.ts";
import { type AppliedSession, claimOf, dataBytes, describe, sizeOf } from "./applied-session.ts";
import { PrincipalIndex } from "./principal-index.ts";
import type { SessionOwners } from "./session-owners.ts";
import type { Decision, SessionProgress, SessionUpdate } from "./store-update.ts";

/** How many sessions one call of `sweep` changes at most: each may need an entry in a journal. */
const maxSwept = 500;
const noProgress: Progress = { upTo: 0, pending: [] };

/** Holds sessions in memory. Decides what a call changes, and applies decided updates; between the two a journal may record them. */
export class SessionTable {
  readonly #sessions = new Map<string, AppliedSession>();
  /** The newest decision about a session, until its update is applied. Without a `session` it ends the session. */
  readonly #unapplied = new Map<
    string,
    { readonly update: SessionUpdate; readonly session: DecidedSession | undefined }
  >();
  readonly #principals = new PrincipalIndex();
  readonly #owners: SessionOwners;
  readonly #shares: AccountShares;
  readonly #now: () => number;
  #bytes = 0;

  /** `now` is the clock of the store, in ms since 1970. Counts the sessions of accounts in `shares`. */
  constructor(now: () => number, owners: SessionOwners, shares: AccountShares) {
    this.#now = now;
    this.#owners = owners;
    this.#shares = shares;
  }

  /** The account of the session of a claim. */
  accountOf({ sessionId }: Claim): string | undefined {
    return this.#latest(sessionId)?.identity.account;
  }

  /** The size of all sessions in bytes, estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Decides `SessionStore.create`. `epoch` is the epoch of the store.
   *
   * @throws Error when there is a session with this id.
   */
  create(session: NewSession, epoch: string): Decision<SessionUpdate, Claim> {
    const { sessionId, attempt, secretHash, principal, service, keyHash, account, lease } = session;
    if (this.#latest(sessionId) !== undefined)
      throw new Error(`session ${JSON.stringify(sessionId)} already exists: use a new sessionId`);
    const identity = { secretHash, principal, service, keyHash, account, epoch };
    const progress = {
      fence: 1,
      attempt,
      received: noProgress,
      acknowledged: noProgress,
      lastSequence: 0,
      endsAt: undefined,
      note: undefined,
    };
    const claim = { sessionId, epoch, fence: 1 };
    return this.#decide({ sessionId, identity, progress, lease }, { identity, progress }, () => claim);
  }

  /** Decides `SessionStore.attach`. `epoch` is the epoch of the store. */
  attach(request: AttachRequest, epoch: string): Decision<SessionUpdate, AttachResult> {
    const { sessionId, attempt, receivedUpTo, lease, asksFirst = false } = request;
    const session = this.#latest(sessionId);
    const secretsMatch = matchesSecrets(session?.identity, request);
    if (session === undefined || !secretsMatch || !matchesIdentity(session.identity, request))
      return { result: () => ({ type: "refused", known: session !== undefined }) };
    const { identity, progress: before } = session;
    if (attempt <= before.attempt) return { result: () => ({ type: "stale" }) };
    const cause = findMismatch(session, request, epoch);
    if (cause !== undefined) return { result: () => ({ type: "reset", reason: "lost", cause }) };
    if (asksFirst && this.#owners.want(claimOf(sessionId, session), lease.node))
      return { result: () => ({ type: "asked" }) };
    const progress = {
      ...before,
      fence: before.fence + 1,
      attempt,
      endsAt: undefined,
      acknowledged: receivedByClient(before.acknowledged, receivedUpTo),
    };
    const claim = { sessionId, epoch: identity.epoch, fence: progress.fence };
    return this.#decide({ sessionId, progress, lease }, { identity, progress }, () => ({
      type: "resumed",
      claim,
      state: this.#state(sessionId, progress),
    }));
  }

  /** Whether the claim is the newest one of its session. */
  owns({ sessionId, epoch, fence }: Claim): boolean {
    const session = this.#latest(sessionId);
    return session?.identity.epoch === epoch && session.progress.fence === fence;
  }

  /**
   * Decides `SessionStore.commit`, without its room messages.
   *
   * @throws RangeError when the record cannot follow the progress of the session.
   */
  commit(claim: Claim, record: SessionCommit): Decision<SessionUpdate, boolean> {
    const { outgoing = [], note } = record;
    return this.#change(
      claim,
      (before) => {
        const lastSequence = lastOf(before.lastSequence, outgoing);
        return {
          ...before,
          lastSequence,
          received: advance("received", before.received, record.received),
          acknowledged: advance("acknowledged", before.acknowledged, record.acknowledged, lastSequence),
          note: note ?? before.note,
        };
      },
      { messages: outgoing },
    );
  }

  /** Decides `SessionStore.detach`, and `release`. */
  detach(claim: Claim, ms: number, released = false): Decision<SessionUpdate, boolean> {
    const endsAt = this.#now() + ms;
    return this.#change(claim, (before) => ({ ...before, endsAt }), { released });
  }

  /** Decides `SessionStore.renew` for one connected session: whether the process has lost it. */
  renew(claim: Claim, lease: Lease): Decision<SessionUpdate, SessionLoss | undefined> {
    const { sessionId } = claim;
    const session = this.#latest(sessionId);
    const loss = this.lossOf(claim);
    if (session === undefined || loss !== undefined) return { result: () => loss };
    const { identity, progress } = session;
    if (progress.endsAt === undefined) {
      this.#owners.lease(sessionId, lease);
      return { result: () => undefined };
    }
    const next = { ...progress, endsAt: undefined };
    return this.#decide({ sessionId, progress: next, lease }, { identity, progress: next }, () => undefined);
  }

  /** How the process of a claim has lost the session; undefined when the claim is the newest one. */
  lossOf(claim: Claim): SessionLoss | undefined {
    if (this.#latest(claim.sessionId) === undefined) return { type: "removed", claim };
    return this.owns(claim) ? undefined : { type: "taken", claim };
  }

  /** Decides `SessionStore.sweep`: the sessions that end or are detached, and whether there are more. */
  sweep(grace: number): {
    readonly decisions: readonly Decision<SessionUpdate, boolean>[];
    readonly more: boolean;
  } {
    const now = this.#now();
    const decisions: Decision<SessionUpdate, boolean>[] = [];
    for (const [sessionId, session] of this.#sessions) {
      const { endsAt } = session.progress;
      const leasedUntil = this.#owners.of(sessionId)?.until ?? now;
      if ((endsAt ?? leasedUntil) > now || this.#unapplied.has(sessionId)) continue;
      if (decisions.length === maxSwept) return { decisions, more: true };
      const claim = claimOf(sessionId, session);
      decisions.push(
        endsAt === undefined
          ? this.#change(claim, (before) => ({ ...before, endsAt: leasedUntil + grace }))
          : this.remove(claim),
      );
    }
    return { decisions, more: false };
  }

  /** Decides `SessionStore.remove`. */
  remove(claim: Claim, close?: ClientClose): Decision<SessionUpdate, boolean> {
    if (!this.owns(claim)) return { result: () => false };
    return this.#decide({ sessionId: claim.sessionId, close }, undefined, () => true);
  }

  /** Lists sessions as of their newest applied updates. */
  list({ principal, after = "", most = 1_000 }: SessionQuery = {}): readonly StoredSession[] {
    const ids = principal === undefined ? this.#sessions.keys() : this.#principals.of(principal);
    const listed = Array.from(ids).filter((id) => id > after);
    listed.sort();
    return listed.slice(0, most).flatMap((sessionId) => {
      const session = this.#sessions.get(sessionId);
      return session === undefined ? [] : describe(sessionId, session, this.#owners.of(sessionId)?.node);
    });
  }

  /** Applies a decided update, or one from a journal. The calls of the listeners are due then. */
  apply(update: SessionUpdate): void {
    const { sessionId, progress, messages = [], lease, close, released = false } = update;
    if (this.#unapplied.get(sessionId)?.update === update) this.#unapplied.delete(sessionId);
    const before = this.#sessions.get(sessionId);
    const claimBefore = before && claimOf(sessionId, before);
    if (before !== undefined) this.#count(before, -1);
    if (lease !== undefined) this.#owners.lease(sessionId, lease, claimBefore);
    const identity = update.identity ?? before?.identity;
    if (progress === undefined || identity === undefined) {
      if (claimBefore !== undefined) this.#owners.end({ type: "removed", claim: claimBefore, close });
      this.#principals.remove(identity?.principal, sessionId);
      return void this.#sessions.delete(sessionId);
    }
    if (before === undefined) this.#principals.add(identity.principal, sessionId);
    if (released) this.#owners.release(sessionId);
    const unacknowledged = before?.unacknowledged ?? [];
    for (const message of messages) unacknowledged.push(message); // too many for the arguments of one call
    const kept = unacknowledged.findIndex(({ sequence }) => sequence > progress.acknowledged.upTo);
    const dropped = unacknowledged.splice(0, kept < 0 ? unacknowledged.length : kept);
    const messageBytes = (before?.messageBytes ?? 0) + dataBytes(messages) - dataBytes(dropped);
    const session = { identity, progress, unacknowledged, messageBytes };
    this.#sessions.set(sessionId, session);
    this.#count(session, 1);
  }

  #count(session: AppliedSession, by: 1 | -1): void {
    const bytes = by * sizeOf(session);
    this.#bytes += bytes;
    this.#shares.add(session.identity.account, bytes);
  }

  /** Forgets the decisions whose updates were not applied: they never will be. */
  discardUnapplied(): void {
    this.#unapplied.clear();
  }

  /** Updates that make an empty table equal to this one. */
  *snapshot(): Generator<SessionUpdate> {
    for (const [sessionId, { identity, progress, unacknowledged }] of this.#sessions)
      yield { sessionId, identity, progress, messages: unacknowledged };
  }

  /** Gives some sessions an epoch that is not the epoch of the store, so that no client resumes them. */
  renewEpochs(matches: (sessionId: string) => boolean, newEpoch: () => string): void {
    for (const [sessionId, session] of this.#sessions)
      if (matches(sessionId))
        this.#sessions.set(sessionId, { ...session, identity: { ...session.identity, epoch: newEpoch() } });
  }

  #latest(sessionId: string): DecidedSession | undefined {
    const unapplied = this.#unapplied.get(sessionId);
    return unapplied === undefined ? this.#sessions.get(sessionId) : unapplied.session;
  }

  /** Decides on the progress that `next` returns. */
  #change(
    claim: Claim,
    next: (before: SessionProgress) => SessionProgress,
    added: Pick<SessionUpdate, "messages" | "released"> = {},
  ): Decision<SessionUpdate, boolean> {
    const { sessionId } = claim;
    const session = this.#latest(sessionId);
    if (session === undefined || !this.owns(claim)) return { result: () => false };
    const progress = next(session.progress);
    const { identity } = session;
    return this.#decide({ sessionId, progress, ...added }, { identity, progress }, () => true);
  }

  #decide<Result>(
    update: SessionUpdate,
    session: DecidedSession | undefined,
    result: () => Result,
  ): Decision<SessionUpdate, Result> {
    this.#unapplied.set(update.sessionId, { update, session });
    return { update, result };
  }

  #state(sessionId: string, progress: SessionProgress): SessionState {
    const { received, acknowledged, lastSequence, note } = progress;
    const unacknowledged = [...(this.#sessions.get(sessionId)?.unacknowledged ?? [])];
    return { received, acknowledged, lastSequence, note, unacknowledged };
  }
}
