import type { Claim, Lease, NoticeListener, SessionLoss, SessionNotice } from "../session-store.ts";
import type { Notifications } from "./notifications.ts";

/** The process that has a session, or has detached it. */
interface Owner {
  readonly node: string;
  /** When its lease runs out, by the clock of the store. */
  readonly until: number;
  /** The process that has asked for the session last. */
  readonly wantedBy?: string | undefined;
}

/** Which process has each session, and who listens. A journal has none of it: the processes have ended when it is read. */
export class SessionOwners {
  readonly #owners = new Map<string, Owner>();
  readonly #listeners = new Map<string, Set<NoticeListener>>();
  readonly #notifications: Notifications;
  readonly #now: () => number;

  /** `now` is the clock of the store. Adds the calls of listeners to `notifications`. */
  constructor(now: () => number, notifications: Notifications) {
    this.#now = now;
    this.#notifications = notifications;
  }

  /** The process that has a session, or has detached it; undefined where none is known. */
  of(sessionId: string): Owner | undefined {
    return this.#owners.get(sessionId);
  }

  /** A process has a session from now on. `before` is the claim until now, if the session is not new. */
  lease(sessionId: string, { node, ms }: Lease, before?: Claim): void {
    const owner = this.#owners.get(sessionId);
    const wantedBy = owner?.node === node ? owner.wantedBy : undefined;
    this.#owners.set(sessionId, { node, until: this.#now() + ms, wantedBy });
    if (owner !== undefined && owner.node !== node && before !== undefined)
      this.#notify(owner.node, { type: "taken", claim: before });
  }

  /** Asks for a session on behalf of `node`. @returns whether another process has it, and its lease holds. */
  want(claim: Claim, node: string): boolean {
    const owner = this.#owners.get(claim.sessionId);
    if (owner === undefined || owner.node === node || owner.until <= this.#now()) return false;
    this.#owners.set(claim.sessionId, { ...owner, wantedBy: node });
    this.#notify(owner.node, { type: "wanted", claim });
    return true;
  }

  /** The process that has a session will release it. */
  promise(sessionId: string): void {
    this.#notify(this.#owners.get(sessionId)?.wantedBy, { type: "promised", sessionId });
  }

  /** No process has a session any more. */
  release(sessionId: string): void {
    const owner = this.#owners.get(sessionId);
    this.#owners.delete(sessionId);
    this.#notify(owner?.wantedBy, { type: "released", sessionId });
  }

  /** A session has ended. */
  end(loss: SessionLoss): void {
    const { sessionId } = loss.claim;
    const owner = this.#owners.get(sessionId);
    this.release(sessionId);
    this.#notify(owner?.node, loss);
  }

  /** Calls `listener` with what a process learns, until the returned function is called. */
  watch(node: string, listener: NoticeListener): () => void {
    const listeners = this.#listeners.get(node) ?? new Set();
    const subscription: NoticeListener = (notice) => listener(notice); // unique, unlike `listener`
    this.#listeners.set(node, listeners.add(subscription));
    return () => {
      if (listeners.delete(subscription) && listeners.size === 0) this.#listeners.delete(node);
    };
  }

  #notify(node: string | undefined, notice: SessionNotice): void {
    if (node === undefined) return;
    for (const listener of this.#listeners.get(node) ?? []) this.#notifications.add(() => listener(notice));
  }
}
