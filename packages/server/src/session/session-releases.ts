import type { Awaitable } from "../store/awaitable.ts";
import type { AttachResult, SessionNotice } from "../store/session-store.ts";
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

/** The sessions that this process wants, and others have. */
export class SessionReleases {
  readonly #clock: Clock;
  /** By session: a client may dial several times. */
  readonly #waiters = new Map<string, Set<Waiter>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Attaches a session by `attach` of a store. The process that has it is asked to release it first; if it gives no answer, the
   * session is taken. `attach` may ask twice: the store may have been away while an answer was awaited.
   */
  async attach(
    sessionId: string,
    attach: (asksFirst: boolean) => Awaitable<AttachResult>,
  ): Promise<AttachResult> {
    for (let asks = 1; ; asks += 1) {
      const release = new PendingRelease(this.#clock);
      const waiters = this.#waiters.get(sessionId) ?? new Set();
      this.#waiters.set(sessionId, waiters.add(release));
      try {
        const attached = await attach(true);
        if (attached.type !== "asked") return attached;
        if (await release.mayTake(asks)) return await attach(false);
      } finally {
        release.finish();
        if (waiters.delete(release) && waiters.size === 0) this.#waiters.delete(sessionId);
      }
    }
  }

  /** The store reports what the other process does. */
  onNotice({ type, sessionId }: Extract<SessionNotice, { readonly sessionId: string }>): void {
    for (const waiter of this.#waiters.get(sessionId) ?? [])
      if (type === "promised") waiter.extend();
      else waiter.finish();
  }
}

/** Waits for the release of a session, from before the store is asked. */
class PendingRelease implements Waiter {
  readonly #clock: Clock;
  readonly #askedAt: number;
  readonly #done: Promise<void>;
  #resolve: () => void = () => {};
  #isAnswered = false;
  #cancelTimeout: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#askedAt = clock.now;
    this.#done = new Promise((resolve) => (this.#resolve = resolve));
  }

  extend(): void {
    this.#isAnswered = true;
    this.#cancelTimeout?.();
    this.#cancelTimeout = this.#clock.after(releaseTimeout, () => this.#resolve());
  }

  finish(): void {
    this.#isAnswered = true;
    this.#cancelTimeout?.();
    this.#resolve();
  }

  /**
   * The store has asked, for the first or the second time. Resolves when the session is released, or when that takes too long.
   * @returns false when the store is to be asked once more.
   */
  async mayTake(asks: number): Promise<boolean> {
    const wasSlow = this.#clock.now - this.#askedAt >= slowAnswer;
    if (asks > 1 && !wasSlow && !this.#isAnswered) return true; // the store is there, and the other process is not
    // The other process may have answered before the store did.
    this.#cancelTimeout ??= this.#clock.after(wasSlow ? askTimeoutOfSlowStore : askTimeout, () =>
      this.#resolve(),
    );
    await this.#done;
    return this.#isAnswered || wasSlow;
  }
}
