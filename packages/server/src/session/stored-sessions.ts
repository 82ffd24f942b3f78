import { CloseCode, CloseError } from "@symbolon/protocol";
import type { Awaitable } from "../store/awaitable.ts";
import type {
  AttachRequest,
  AttachResult,
  Claim,
  ClientClose,
  Lease,
  NewSession,
  SessionCommit,
  SessionLoss,
  SessionNotice,
  SessionStore,
  StoredSession,
} from "../store/session-store.ts";
import type { Clock } from "../timing/clock.ts";
import { nextTurn } from "../timing/next-turn.ts";
import { SessionReleases } from "./session-releases.ts";

/** How long a process has a session without renewing its lease, in ms: three beats may be lost. */
const leaseTime = 15_000;
/** How often a process renews its leases, and ends the sessions that no process has, in ms. */
const beatInterval = 5_000;
/** How long the handlers of a session that leaves may take, in ms: a server that closes ends after 3 s. */
const finishTimeout = 2_500;
/** How many sessions a process lists or renews at once, and how many it removes: other calls wait for them. */
const [listSize, removeSize] = [500, 50];

/** How long a process may have stood still and still be sure of its sessions, in ms: others ask it for longer before they take one. */
const stallTime = 250;

/** A call to the store without what `StoredSessions` adds. */
export type Unleased<Call extends NewSession> = Omit<Call, "lease" | "asksFirst">;

/** Why this process does not have a session any more. */
export type Loss = SessionLoss | { readonly type: "failed"; readonly error: unknown };

/** How a client is closed whose session another process has, or is about to have. */
export function movedAway(): CloseError {
  return new CloseError(CloseCode.GoingAway, "the session is at another server");
}

/** How a client is closed whose session this process does not have any more. */
export function closeAfter(loss: Loss): CloseError {
  if (loss.type === "taken") return movedAway();
  const { code, reason } = (loss.type === "removed" ? loss.close : undefined) ?? {
    code: CloseCode.SessionLost,
    reason: "the session cannot continue on this server",
  };
  return new CloseError(code, reason);
}

/** A session that this process has. */
export interface OwnedSession {
  /** The newest right to change it that this process knows. */
  readonly claim: Claim;
  /** Whether its client has a wire, has none, or is about to get another one. */
  readonly clientState: "connected" | "detached" | "resuming";
  /** The process does not have the session any more. */
  lose(loss: SessionLoss): void;
  /** Another process wants the session. */
  onWanted(): void;
}

/**
 * The sessions of a store, as one process has them. It leases those whose clients it serves, and learns when another process
 * has one. With all the processes of the store it ends the sessions that no process has.
 */
export class StoredSessions {
  readonly #sessions: SessionStore;
  readonly #clock: Clock;
  readonly #grace: number;
  readonly #onError: (error: unknown) => void;
  readonly #lease: Lease = { node: crypto.randomUUID(), ms: leaseTime };
  readonly #owned = new Map<string, OwnedSession>();
  readonly #releases: SessionReleases;
  readonly #unsubscribe: readonly (() => void)[];
  #beatAt: number;
  #beating = false;
  #confirming: Promise<void> | undefined;
  /** For how long the process had stood still when it last asked the store; 0 from the next sweep on. */
  #confirmedFor = 0;
  /** Whether it has stood still since the store was asked. */
  #asksAgain = false;
  #stopped = false;

  /** Calls `onError` when the store fails and no caller awaits it. It beats until `stop`. */
  constructor(sessions: SessionStore, clock: Clock, grace: number, onError: (error: unknown) => void) {
    this.#sessions = sessions;
    this.#clock = clock;
    this.#grace = grace;
    this.#onError = onError;
    this.#beatAt = clock.now + beatInterval;
    const beat = clock.subscribe({
      step: (now) => {
        void this.confirm();
        this.#confirmedFor = 0;
        if (now < this.#beatAt || this.#beating) return;
        this.#beatAt = now + beatInterval;
        void this.#beat();
      },
    });
    this.#releases = new SessionReleases(clock);
    this.#unsubscribe = [beat, sessions.watch(this.#lease.node, (notice) => this.#onNotice(notice))];
  }

  /** The time by its clock, in ms. */
  get now(): number {
    return this.#clock.now;
  }

  /** Renews no leases any more, and ends no sessions. The store may be closed from now on. */
  stop(): void {
    this.#stopped = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  /**
   * A process that has stood still may have lost sessions to others: this asks the store. Never rejects.
   * @returns undefined while the process is sure of its sessions; else a promise that resolves when it is.
   */
  confirm(): Promise<void> | undefined {
    if (this.#stopped) return undefined;
    if (this.#clock.behind - this.#confirmedFor > stallTime) {
      this.#confirmedFor = this.#clock.behind;
      this.#asksAgain = true; // what it asked before may have been answered before the stall
      this.#confirming ??= this.#confirm();
    }
    return this.#confirming;
  }

  async #confirm(): Promise<void> {
    try {
      while (this.#asksAgain) {
        this.#asksAgain = false;
        await this.#renew();
      }
    } catch (error) {
      this.#onError(error);
    }
    this.#confirming = undefined;
  }

  /** Renews the lease of a session from now on, and informs it when it is lost, until `disown`. */
  own(session: OwnedSession): void {
    this.#owned.set(session.claim.sessionId, session);
  }

  /** This process no longer has the session. */
  disown(session: OwnedSession): void {
    if (this.#owned.get(session.claim.sessionId) === session) this.#owned.delete(session.claim.sessionId);
  }

  /** A call returned that the claim of a session is not the newest: asks the store why, and informs the session. */
  async check(session: OwnedSession): Promise<void> {
    const { claim } = session;
    const [loss = { type: "taken", claim } as const] = await this.#sessions.renew([], this.#lease, [claim]);
    session.lose(loss);
  }

  /** As `SessionStore.create`. */
  create(session: Unleased<NewSession>): Awaitable<Claim> {
    return this.#sessions.create({ ...session, lease: this.#lease });
  }

  /** As `SessionStore.attach`. Another process that has the session finishes what has arrived before, unless it is too slow. */
  attach(request: Unleased<AttachRequest>): Promise<AttachResult> {
    const leased = { ...request, lease: this.#lease };
    const attach = (asksFirst: boolean): Awaitable<AttachResult> =>
      this.#sessions.attach({ ...leased, asksFirst });
    return this.#releases.attach(request.sessionId, attach);
  }

  /** As `SessionStore.commit`. */
  commit(claim: Claim, record: SessionCommit): Awaitable<boolean> {
    return this.#sessions.commit(claim, record);
  }

  /** The client has no wire: the session waits for it. */
  detach(claim: Claim): Awaitable<boolean> {
    return this.#sessions.detach(claim, this.#grace);
  }

  /** Nothing of the session is left in this process. */
  release(claim: Claim): Awaitable<boolean> {
    return this.#sessions.release(claim, this.#grace);
  }

  /** As `SessionStore.willRelease`. Never rejects: without the answer the other process waits less. */
  async willRelease(claim: Claim): Promise<void> {
    try {
      await this.#sessions.willRelease(claim);
    } catch (error) {
      this.#onError(error);
    }
  }

  /** Waits for the last handlers of a session that leaves, but not for too long. */
  settled(handled: Promise<void>): Promise<unknown> {
    return this.#clock.settled(handled, finishTimeout);
  }

  /** As `SessionStore.remove`. */
  remove(claim: Claim): Awaitable<boolean> {
    return this.#sessions.remove(claim);
  }

  /**
   * The client of a session went away before it was served here. A session that it knows waits for it, a new one ends. Never
   * rejects.
   */
  async giveUp(claim: Claim, isNew: boolean): Promise<void> {
    try {
      await (isNew ? this.remove(claim) : this.release(claim));
    } catch (error) {
      this.#onError(error);
    }
  }

  /**
   * Removes the sessions of a principal, also those whose clients reconnect meanwhile. The processes that have them close the
   * clients with `close`.
   * @throws the error of the store, after the call for each session; an Error if the store does not remove a session
   */
  async revoke(principal: string, close: ClientClose): Promise<void> {
    const sessions = this.#sessions;
    let remaining = await this.#listAll(principal);
    while (remaining.length > 0) {
      const fences = new Map(remaining.map(({ claim }) => [claim.sessionId, claim.fence]));
      const removed: boolean[] = [];
      for await (const part of inTurns(remaining, removeSize))
        removed.push(...(await Promise.all(part.map(async ({ claim }) => sessions.remove(claim, close)))));
      if (!removed.includes(false)) return;
      remaining = (await this.#listAll(principal)).filter(({ claim }) => fences.has(claim.sessionId));
      // A client that has reconnected has a new claim. With the same claim the loop would never end.
      const kept = remaining.find(({ claim }) => fences.get(claim.sessionId) === claim.fence);
      if (kept !== undefined) {
        const id = JSON.stringify(kept.claim.sessionId);
        throw new Error(
          `store.sessions.remove() did not remove session ${id}, but list() still returns the same claim`,
        );
      }
    }
  }

  /** The sessions of a principal, read in parts: no other call waits for long. */
  async #listAll(principal: string): Promise<readonly StoredSession[]> {
    const all: StoredSession[] = [];
    for (;;) {
      const part = await this.#sessions.list({
        principal,
        after: all.at(-1)?.claim.sessionId,
        most: listSize,
      });
      all.push(...part);
      if (part.length < listSize) return all;
      await nextTurn();
    }
  }

  /** Renews the leases, then ends the sessions that no process has. Never rejects. */
  async #beat(): Promise<void> {
    this.#beating = true;
    try {
      await this.#renew();
      while (!this.#stopped && (await this.#sessions.sweep(this.#grace))) await nextTurn();
    } catch (error) {
      if (!this.#stopped) this.#onError(error);
    }
    this.#beating = false;
  }

  async #renew(): Promise<void> {
    for await (const part of inTurns(Array.from(this.#owned.values()), listSize)) {
      const claimsOf = (state: OwnedSession["clientState"]): readonly Claim[] =>
        part.filter(({ clientState }) => clientState === state).map(({ claim }) => claim);
      const [connected, detached] = [claimsOf("connected"), claimsOf("detached")];
      for (const loss of await this.#sessions.renew(connected, this.#lease, detached)) this.#onNotice(loss);
    }
  }

  /** A notice may be late: the process may have attached the session again since. */
  #onNotice(notice: SessionNotice): void {
    if ("sessionId" in notice) return this.#releases.onNotice(notice);
    const { sessionId, epoch, fence } = notice.claim;
    const session = this.#owned.get(sessionId);
    if (session?.claim.epoch !== epoch || fence < session.claim.fence) return;
    if (notice.type === "wanted") session.onWanted();
    else session.lose(notice);
  }
}

/** Parts of a list, each in another turn of the event loop. */
async function* inTurns<Item>(items: readonly Item[], size: number): AsyncGenerator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) {
    if (start > 0) await nextTurn();
    yield items.slice(start, start + size);
  }
}
