import type { Awaitable } from "../store/awaitable.ts";
import type {
  AttachRequest,
  AttachResult,
  Claim,
  Lease,
  NewSession,
  SessionCommit,
  SessionStore,
} from "../store/session-store.ts";
import type { RoomPlace } from "../store/room-log.ts";
import type { Clock } from "../timing/clock.ts";
import { nextTurn } from "../timing/next-turn.ts";

/** How long a process has a session without renewing its lease, in ms: three beats may be lost. */
const leaseTime = 15_000;
/** How often a process renews its leases, and ends the sessions that no process has, in ms. */
const beatInterval = 5_000;

/** A call to the store without the lease, which `StoredSessions` adds. */
export type Unleased<Call extends NewSession> = Omit<Call, "lease">;

/** A session that this process has. */
export interface OwnedSession {
  /** The right to change it; undefined while the client has no wire, or is resuming the session. */
  readonly claim: Claim | undefined;
  /** Another process has the session. */
  taken(): void;
}

/**
 * The sessions of a store, as one process has them. It leases those whose clients it serves, and learns when another process
 * has one. With all the processes of the store it ends the sessions that no process has.
 */
export class StoredSessions {
  readonly #sessions: SessionStore;
  readonly #grace: number;
  readonly #onError: (error: unknown) => void;
  readonly #lease: Lease = { node: crypto.randomUUID(), ms: leaseTime };
  readonly #owned = new Set<OwnedSession>();
  readonly #unsubscribe: () => void;
  #beatAt: number;
  #beating = false;
  #stopped = false;

  /** Calls `onError` when the store fails and no caller awaits it. It beats until `stop`. */
  constructor(sessions: SessionStore, clock: Clock, grace: number, onError: (error: unknown) => void) {
    this.#sessions = sessions;
    this.#grace = grace;
    this.#onError = onError;
    this.#beatAt = clock.now + beatInterval;
    this.#unsubscribe = clock.subscribe({
      step: (now) => {
        if (now < this.#beatAt || this.#beating) return;
        this.#beatAt = now + beatInterval;
        void this.#beat();
      },
    });
  }

  /** Renews no leases any more, and ends no sessions. The store may be closed from now on. */
  stop(): void {
    this.#stopped = true;
    this.#unsubscribe();
  }

  /** Renews the lease of a session from now on, until `release`. */
  own(session: OwnedSession): void {
    this.#owned.add(session);
  }

  /** This process no longer has the session. */
  release(session: OwnedSession): void {
    this.#owned.delete(session);
  }

  /** As `SessionStore.create`. */
  create(session: Unleased<NewSession>): Awaitable<Claim> {
    return this.#sessions.create({ ...session, lease: this.#lease });
  }

  /** As `SessionStore.attach`. */
  attach(request: Unleased<AttachRequest>): Awaitable<AttachResult> {
    return this.#sessions.attach({ ...request, lease: this.#lease });
  }

  /** As `SessionStore.commit`. */
  commit(claim: Claim, record: SessionCommit): Awaitable<readonly RoomPlace[] | false> {
    return this.#sessions.commit(claim, record);
  }

  /** The client has no wire: the session waits for it. */
  detach(claim: Claim): Awaitable<boolean> {
    return this.#sessions.detach(claim, this.#grace);
  }

  /** As `SessionStore.remove`. */
  remove(claim: Claim): Awaitable<boolean> {
    return this.#sessions.remove(claim);
  }

  /**
   * Removes the sessions of a principal, also those whose clients reconnect meanwhile.
   * @throws the error of the store, after the call for each session; an Error if the store does not remove a session
   */
  async revoke(principal: string): Promise<void> {
    const sessions = this.#sessions;
    let remaining = (await sessions.list()).filter((session) => session.principal === principal);
    while (remaining.length > 0) {
      const fences = new Map(remaining.map(({ claim }) => [claim.sessionId, claim.fence]));
      const removed = await Promise.all(remaining.map(async ({ claim }) => sessions.remove(claim)));
      if (!removed.includes(false)) return;
      remaining = (await sessions.list()).filter(({ claim }) => fences.has(claim.sessionId));
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
    const claims = Array.from(this.#owned, ({ claim }) => claim).filter((claim) => claim !== undefined);
    if (claims.length === 0) return;
    const lost = await this.#sessions.renew(claims, this.#lease);
    const fences = new Map(lost.map(({ sessionId, fence }) => [sessionId, fence]));
    for (const session of this.#owned) {
      const { claim } = session;
      if (claim !== undefined && fences.get(claim.sessionId) === claim.fence) session.taken();
    }
  }
}
