import type { Claim, Lease, LossListener, SessionLoss } from "../session-store.ts";
import type { Notifications } from "./notifications.ts";

/** The process that has a session, or had it last. */
interface Owner {
  readonly node: string;
  /** When its lease runs out, by the clock of the store. */
  readonly until: number;
}

/** Which process has each session, and who listens for what a process loses. A journal has none of it: the processes have ended. */
export class SessionOwners {
  readonly #owners = new Map<string, Owner>();
  readonly #listeners = new Map<string, Set<LossListener>>();
  readonly #notifications: Notifications;
  readonly #now: () => number;

  /** `now` is the clock of the store. Adds the calls of listeners to `notifications`. */
  constructor(now: () => number, notifications: Notifications) {
    this.#now = now;
    this.#notifications = notifications;
  }

  /** The process that has a session, or had it last; undefined where none is known. */
  of(sessionId: string): Owner | undefined {
    return this.#owners.get(sessionId);
  }

  /** A process has a session from now on. `before` is the claim until now, if the session is not new. */
  lease(sessionId: string, { node, ms }: Lease, before?: Claim): void {
    const owner = this.#owners.get(sessionId);
    this.#owners.set(sessionId, { node, until: this.#now() + ms });
    if (owner !== undefined && owner.node !== node && before !== undefined)
      this.#notify(owner.node, { type: "taken", claim: before });
  }

  /** A session has ended. */
  end(loss: SessionLoss): void {
    const { sessionId } = loss.claim;
    const owner = this.#owners.get(sessionId);
    this.#owners.delete(sessionId);
    if (owner !== undefined) this.#notify(owner.node, loss);
  }

  /** Calls `listener` for each session that a process loses, until the returned function is called. */
  watch(node: string, listener: LossListener): () => void {
    const subscriber: LossListener = (loss) => listener(loss); // a new function: a listener may subscribe twice
    const listeners = this.#listeners.get(node) ?? new Set();
    this.#listeners.set(node, listeners.add(subscriber));
    return () => {
      listeners.delete(subscriber);
      if (listeners.size === 0 && this.#listeners.get(node) === listeners) this.#listeners.delete(node);
    };
  }

  #notify(node: string, loss: SessionLoss): void {
    for (const listener of this.#listeners.get(node) ?? []) this.#notifications.add(() => listener(loss));
  }
}
