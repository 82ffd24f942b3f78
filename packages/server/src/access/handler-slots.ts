/** A handler that waits for a slot. */
interface Waiter {
  /** Gives it the slot. */
  readonly start: () => void;
}

/**
 * Bounds how many handlers run at once, and divides them: an account may use as many slots as are still free, so that each
 * finds some free. A handler without a slot waits, and starts when others have ended.
 */
export class HandlerSlots {
  #free: number;
  readonly #paused: () => Promise<void> | undefined;
  /** Whether handlers start again when the promise of `paused` has resolved. */
  #resuming = false;
  readonly #used = new Map<string, number>();
  /** The handlers that wait, by account. An account that was served goes behind the others. */
  readonly #waiting = new Map<string, Set<Waiter>>();

  /** While `paused` returns a promise no handler starts; those that wait start when it has resolved. */
  constructor(count: number, paused: () => Promise<void> | undefined = () => undefined) {
    this.#free = count;
    this.#paused = paused;
  }

  /** Whether a handler may run now: one that is over at once needs no slot. */
  allows(account: string): boolean {
    return this.#hasFree(account) && !this.#waiting.has(account) && !this.#isPaused();
  }

  /** Takes a slot for a handler that `allows` has let run. It has to be released. */
  take(account: string): void {
    this.#free -= 1;
    this.#used.set(account, (this.#used.get(account) ?? 0) + 1);
  }

  /**
   * Resolves when a handler has a slot, behind those that wait; it has to be released. Rejects when `signal` aborts before: it
   * has none then.
   */
  wait(account: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiting.get(account) ?? new Set();
      this.#waiting.set(account, waiters);
      const abort = (): void => {
        if (waiters.delete(waiter) && waiters.size === 0) this.#waiting.delete(account);
        reject(signal.reason as Error);
      };
      const waiter = {
        start: () => {
          signal.removeEventListener("abort", abort);
          resolve();
        },
      };
      waiters.add(waiter);
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** A handler has ended. */
  release(account: string): void {
    this.#free += 1;
    const used = (this.#used.get(account) ?? 1) - 1;
    if (used > 0) this.#used.set(account, used);
    else this.#used.delete(account);
    this.#startWaiting();
  }

  #isPaused(): boolean {
    const paused = this.#paused();
    if (paused === undefined) return false;
    if (!this.#resuming) {
      this.#resuming = true;
      void paused.then(() => {
        this.#resuming = false;
        this.#startWaiting();
      });
    }
    return true;
  }

  #startWaiting(): void {
    if (this.#waiting.size > 0 && this.#isPaused()) return;
    for (const [account, waiters] of this.#waiting) {
      const [waiter] = waiters;
      if (waiter === undefined || !this.#hasFree(account)) continue;
      waiters.delete(waiter);
      this.#waiting.delete(account);
      if (waiters.size > 0) this.#waiting.set(account, waiters);
      this.take(account);
      waiter.start();
      if (this.#free === 0) return;
    }
  }

  #hasFree(account: string): boolean {
    return (this.#used.get(account) ?? 0) < this.#free;
  }
}
