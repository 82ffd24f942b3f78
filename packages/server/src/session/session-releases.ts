import type { SessionNotice } from "../store/session-store.ts";
import type { Clock } from "../timing/clock.ts";

/** How long a process that has a session may take to answer that another one wants it, in ms. */
const askTimeout = 300;
/** How long it may take to finish what has arrived once it has answered, in ms. */
const releaseTimeout = 5_000;

/** A dial that waits for another process to release its session. */
interface Waiter {
  /** The other process has answered. */
  readonly extend: () => void;
  /** The other process has released the session, or takes too long. */
  readonly finish: () => void;
}

/** The sessions that this process wants, and others have. */
export class SessionReleases {
  readonly #clock: Clock;
  /** By session: a client may dial several times. */
  readonly #waiters = new Map<string, Set<Waiter>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `done` resolves when the session is released, or when that takes too long. */
  await(sessionId: string): { readonly done: Promise<void>; readonly cancel: () => void } {
    let finish: () => void = () => {};
    const done = new Promise<void>((resolve) => (finish = resolve));
    let cancelTimeout = this.#clock.after(askTimeout, finish);
    const extend = (): void => {
      cancelTimeout();
      cancelTimeout = this.#clock.after(releaseTimeout, finish);
    };
    const waiter = { extend, finish };
    const waiters = this.#waiters.get(sessionId) ?? new Set();
    this.#waiters.set(sessionId, waiters.add(waiter));
    const cancel = (): void => {
      cancelTimeout();
      if (waiters.delete(waiter) && waiters.size === 0) this.#waiters.delete(sessionId);
    };
    return { done, cancel };
  }

  /** The store reports what the other process does. */
  onNotice({ type, sessionId }: Extract<SessionNotice, { readonly sessionId: string }>): void {
    for (const waiter of this.#waiters.get(sessionId) ?? [])
      if (type === "promised") waiter.extend();
      else waiter.finish();
  }
}
