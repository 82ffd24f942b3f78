/** A timer of `Timers` that has not fired. */
interface PendingTimer {
  /** When it fires, in ms since the timers were made. */
  readonly due: number;
  readonly fire: () => void;
}

/** Timers of the system, whose time a test can let pass at once. */
export class Timers {
  readonly #pending = new Set<PendingTimer>();
  #advanced = 0;

  /** Calls `callback` in `ms` ms. @returns cancels the call. */
  start(ms: number, callback: () => void): () => void {
    const cancel = (): void => {
      clearTimeout(timeout);
      this.#pending.delete(timer);
    };
    const fire = (): void => {
      cancel();
      callback();
    };
    const timer: PendingTimer = { due: this.#now + ms, fire };
    const timeout = setTimeout(fire, ms);
    this.#pending.add(timer);
    return cancel;
  }

  /** Lets `ms` ms pass. */
  advance(ms: number): void {
    this.#advanced += ms;
    for (const { due, fire } of this.#pending) if (due <= this.#now) fire();
  }

  get #now(): number {
    return performance.now() + this.#advanced;
  }
}
