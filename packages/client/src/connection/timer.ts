/** The longest delay of a timer, in ms: a platform starts a timer with a longer one at once. */
const longestDelay = 2 ** 31 - 1;

/** Calls `act` in `ms` ms, or in 24.8 days if that is less; the returned function cancels that. */
export function startTimer(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, Math.min(ms, longestDelay));
  return () => clearTimeout(timer);
}

/** Resolves in a later turn of the event loop. */
export function nextMacrotask(): Promise<void> {
  return new Promise((resolve) => void startTimer(0, resolve));
}

/** A timer with at most one pending call. This is the one file of the client that uses timers. */
export class Timer {
  #cancel: (() => void) | undefined;

  /** Calls `act` once, in `ms` ms, instead of what was pending. */
  start(ms: number, act: () => void): void {
    this.stop();
    this.#cancel = startTimer(ms, act);
  }

  /** Cancels the pending call, if there is one. */
  stop(): void {
    this.#cancel?.();
  }
}
