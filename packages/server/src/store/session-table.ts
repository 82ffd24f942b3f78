import { timingSafeEqual } from "node:crypto";
import type {
  AttachResult,
  AttachRequest,
  Claim,
  SessionCommit,
  NewSession,
  StoredMessage,
  Progress,
  SessionState,
  StoredSession,
} from "./store.ts";

/** What a session is from its beginning to its end. */
type SessionIdentity = Omit<NewSession, "sessionId" | "attempt"> & { readonly epoch: string };

/** Where a session stands. */
interface SessionProgress {
  readonly fence: number;
  readonly att: number;
  readonly received: Progress;
  readonly acked: Progress;
  readonly out: number;
  readonly since: number | undefined;
  readonly note: SessionCommit["note"];
}

/** What becomes of a session, complete in itself: applied to what was there before, it gives what is there after. */
export interface SessionUpdate {
  readonly sid: string;
  /** Given when the session begins. */
  readonly identity?: SessionIdentity;
  /** Undefined when the session ends. */
  readonly standing?: SessionProgress;
  /** Messages that are added. */
  readonly out?: readonly StoredMessage[];
}

/** What was decided: the change, if there is one, and the answer to give when it is applied. */
export interface Decision<Change, Answer> {
  readonly update?: Change;
  readonly result: () => Answer;
}

interface Head {
  readonly identity: SessionIdentity;
  readonly standing: SessionProgress;
}

interface Session extends Head {
  readonly outgoing: StoredMessage[];
  /** Characters and bytes of what waits. */
  readonly size: number;
}

/** What a session costs beside its messages, in bytes, roughly. */
const overhead = 1_024;
/** What a message costs beside its data, in bytes, roughly. */
const envelope = 32;
const nothing: Progress = { upTo: 0, pending: [] };

/** Sessions in memory: decides what becomes of them, and applies what was decided. Between the two it may be written down. */
export class SessionTable {
  readonly #sessions = new Map<string, Session>();
  /** What the newest decision makes of a session, until it is applied; without a head the session ends. */
  readonly #ahead = new Map<string, { readonly by: SessionUpdate; readonly head: Head | undefined }>();
  #size = 0;

  /** Characters and bytes that the sessions take, roughly. */
  get size(): number {
    return this.#size;
  }

  create({ sessionId: sid, attempt: att, ...given }: NewSession, ep: string): Decision<SessionUpdate, Claim> {
    if (this.#head(sid) !== undefined) throw new Error(`there is a session ${JSON.stringify(sid)} already`);
    const { secretHash, principal, service, clientId } = given;
    const identity = { secretHash, principal, service, clientId, epoch: ep };
    const standing = {
      fence: 1,
      att,
      received: nothing,
      acked: nothing,
      out: 0,
      since: undefined,
      note: undefined,
    };
    return this.#decide({ sid, identity, standing }, { identity, standing }, () => ({
      sessionId: sid,
      epoch: ep,
      fence: 1,
    }));
  }

  attach(request: AttachRequest, epoch: string): Decision<SessionUpdate, AttachResult> {
    const { sessionId: sid, attempt: att, receivedUpTo: rx } = request;
    const head = this.#head(sid);
    const known = sameText(head?.identity.secretHash ?? "", request.secretHash);
    if (head === undefined || !known || !belongs(head.identity, request))
      return { result: () => ({ type: "refused" }) };
    const { identity, standing } = head;
    if (att <= standing.att) return { result: () => ({ type: "stale" }) };
    const cause = misfit(head, request, epoch);
    if (cause !== undefined) return { result: () => ({ type: "reset", reason: "lost", cause }) };
    const next = {
      ...standing,
      fence: standing.fence + 1,
      att,
      since: undefined,
      acked: arrived(standing, rx),
    };
    const claim = { sessionId: sid, epoch: identity.epoch, fence: next.fence };
    return this.#decide({ sid, standing: next }, { identity, standing: next }, () => ({
      type: "resumed",
      claim,
      state: this.#state(sid, next),
    }));
  }

  /** Whether the claim is the newest one of its session. */
  owns({ sessionId: sid, epoch: ep, fence }: Claim): boolean {
    const head = this.#head(sid);
    return head?.identity.epoch === ep && head.standing.fence === fence;
  }

  /** Throws RangeError when the record cannot follow. */
  commit(claim: Claim, record: SessionCommit): Decision<SessionUpdate, boolean> {
    const { outgoing: out, note } = record;
    return this.#change(
      claim,
      (standing) => {
        const last = follow(standing.out, out);
        return {
          ...standing,
          out: last,
          received: progress("received", standing.received, record.received),
          acked: progress("acked", standing.acked, record.acknowledged, last),
          note: note ?? standing.note,
        };
      },
      out,
    );
  }

  park(claim: Claim, at: number): Decision<SessionUpdate, boolean> {
    return this.#change(claim, (standing) => ({ ...standing, since: at }));
  }

  remove(claim: Claim): Decision<SessionUpdate, boolean> {
    return this.#change(claim, () => undefined);
  }

  list(): readonly StoredSession[] {
    return Array.from(this.#sessions, ([sid, { identity, standing, size }]) => {
      const { service, principal, clientId, epoch } = identity;
      const claim = { sessionId: sid, epoch, fence: standing.fence };
      return { claim, service, principal, clientId, detachedAt: standing.since, bytes: size };
    });
  }

  apply(change: SessionUpdate): void {
    const { sid, standing, out = [] } = change;
    if (this.#ahead.get(sid)?.by === change) this.#ahead.delete(sid);
    const before = this.#sessions.get(sid);
    if (before !== undefined) this.#size -= weigh(before);
    const identity = change.identity ?? before?.identity;
    if (standing === undefined || identity === undefined) return void this.#sessions.delete(sid);
    const outgoing = before?.outgoing ?? [];
    for (const message of out) outgoing.push(message); // there may be more than fit a call
    const held = outgoing.findIndex(({ sequence: s }) => s > standing.acked.upTo);
    const dropped = outgoing.splice(0, held < 0 ? outgoing.length : held);
    const session = {
      identity,
      standing,
      outgoing,
      size: (before?.size ?? 0) + sizeOf(out) - sizeOf(dropped),
    };
    this.#sessions.set(sid, session);
    this.#size += weigh(session);
  }

  /** What was decided and is not applied never will be. */
  discardPending(): void {
    this.#ahead.clear();
  }

  /** Changes that make these sessions of nothing. */
  *snapshot(): Generator<SessionUpdate> {
    for (const [sid, { identity, standing, outgoing: out }] of this.#sessions)
      yield { sid, identity, standing, out };
  }

  #head(sid: string): Head | undefined {
    const ahead = this.#ahead.get(sid);
    return ahead === undefined ? this.#sessions.get(sid) : ahead.head;
  }

  #change(
    claim: Claim,
    next: (standing: SessionProgress) => SessionProgress | undefined,
    out: readonly StoredMessage[] = [],
  ): Decision<SessionUpdate, boolean> {
    const { sessionId: sid } = claim;
    const head = this.#head(sid);
    if (head === undefined || !this.owns(claim)) return { result: () => false };
    const standing = next(head.standing);
    if (standing === undefined) return this.#decide({ sid }, undefined, () => true);
    return this.#decide({ sid, standing, out }, { identity: head.identity, standing }, () => true);
  }

  #decide<Answer>(
    change: SessionUpdate,
    head: Head | undefined,
    answer: () => Answer,
  ): Decision<SessionUpdate, Answer> {
    this.#ahead.set(change.sid, { by: change, head });
    return { update: change, result: answer };
  }

  #state(sid: string, { received, acked, out, note }: SessionProgress): SessionState {
    return {
      received,
      acknowledged: acked,
      lastSequence: out,
      note,
      unacknowledged: [...(this.#sessions.get(sid)?.outgoing ?? [])],
    };
  }
}

/** Compares in a time that depends on the given text alone. */
function sameText(kept: string, given: string): boolean {
  const [one, other] = [Buffer.from(kept), Buffer.from(given)];
  const comparable = one.length === other.length;
  return timingSafeEqual(comparable ? one : other, other) && comparable;
}

function belongs(identity: SessionIdentity, { principal, service }: AttachRequest): boolean {
  return identity.principal === principal && identity.service === service;
}

/** Why what the client has does not fit what is here. */
function misfit({ identity, standing }: Head, request: AttachRequest, epoch: string): string | undefined {
  const { epoch: ep, receivedUpTo: rx, firstHeld: tx0 } = request;
  const { out, acked, received } = standing;
  if (identity.epoch !== epoch) return "the store lost part of its history";
  if (ep !== identity.epoch) return "the client knows another history";
  if (rx > out) return `the client received ${rx}, and ${out} was the last that was sent`;
  if (rx < acked.upTo) return `the client had acknowledged ${acked.upTo}, and now says it received ${rx}`;
  if (tx0 > received.upTo + 1) return `the client holds from ${tx0}, and ${received.upTo} was received`;
  return undefined;
}

/** What is known when the client says that it received up to `rx`: of what is new, not whether it is finished. */
function arrived({ acked }: SessionProgress, rx: number): Progress {
  const but = [...acked.pending];
  for (let s = acked.upTo + 1; s <= rx; s += 1) but.push(s);
  return { upTo: rx, pending: but };
}

function follow(last: number, out: readonly StoredMessage[] = []): number {
  for (const [index, { sequence: s }] of out.entries())
    if (s !== last + index + 1) throw new RangeError(`out: ${s} does not follow ${last + index}`);
  return last + out.length;
}

function progress(of: string, before: Progress, next: Progress = before, most = Infinity): Progress {
  const { upTo, pending: but } = next;
  if (!Number.isSafeInteger(upTo) || upTo < before.upTo || upTo > most)
    throw new RangeError(`${of}: ${upTo} cannot follow ${before.upTo}`);
  for (const [index, s] of but.entries())
    if (!(s > (but[index - 1] ?? 0) && s <= upTo))
      throw new RangeError(`${of}: "but" is not ascending up to ${upTo}`);
  return { upTo, pending: [...but] };
}

function sizeOf(outgoing: readonly StoredMessage[]): number {
  return outgoing.reduce((size, { data }) => size + data.length, 0);
}

function weigh({ standing, outgoing, size }: Session): number {
  return overhead + (standing.note?.length ?? 0) + envelope * outgoing.length + size;
}
