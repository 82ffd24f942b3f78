import type { SessionNotice } from "../store/session-store.ts";
import type { Clock } from "../timing/clock.ts";

/** How long a process that has a session may take to answer that another one wants it, in ms. */
const askTimeout = 600;
/** The same when the store was away: that process may reach it later, and has first to record what it has handled meanwhile. */
const askTimeoutOfSlowStore = 2_000;
/** After how long an answer of the store is late, in ms. */
const slowAnswer = 300;
/** How long it may take to finish what has arrived once it has answered, in ms. */
const releaseTimeout = 5_000;

/** A dial that waits for another process to release its session. */
interface Waiter {
  /** The other process has answered. */
  readonly extend: () => void;
  /** The other process has released the session, or takes too long. */
  readonly finish: () => void;
}

/** The release of a session by another process. */
interface Release {
  /** The store has asked for it. Resolves when the session is released, or when that takes too long. */
  readonly asked: () => Promise<void>;
  /** The session is not wanted any more. */
  readonly cancel: () => void;
}

/** The sessions that this process wants, and others have. */
export class SessionReleases {
  readonly #clock: Clock;
  /** By session: a client may dial several times. */
  readonly #waiters = new Map<string, Set<Waiter>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The store is about to ask for a session. */
  await(sessionId: string): Release {
    const calledAt = this.#clock.now;
    let finish: () => void = () => {};
    const done = new Promise<void>((resolve) => (finish = resolve));
    let cancelTimeout: (() => void) | undefined;
    const extend = (): void => {
      cancelTimeout?.();
      cancelTimeout = this.#clock.after(releaseTimeout, finish);
    };
    const asked = (): Promise<void> => {
      const wasSlow = this.#clock.now - calledAt >= slowAnswer;
      // The other process may have answered before the store did.
      cancelTimeout ??= this.#clock.after(wasSlow ? askTimeoutOfSlowStore : askTimeout, finish);
      return done;
    };
    const waiter = { extend, finish };
    const waiters = this.#waiters.get(sessionId) ?? new Set();
    this.#waiters.set(sessionId, waiters.add(waiter));
    const cancel = (): void => {
      cancelTimeout?.();
      if (waiters.delete(waiter) && waiters.size === 0) this.#waiters.delete(sessionId);
    };
    return { asked, cancel };
  }

  /** The store reports what the other process does. */
  onNotice({ type, sessionId }: Extract<SessionNotice, { readonly sessionId: string }>): void {
    for (const waiter of this.#waiters.get(sessionId) ?? [])
      if (type === "promised") waiter.extend();
      else waiter.finish();
  }
}
