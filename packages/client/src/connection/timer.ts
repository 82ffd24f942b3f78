/** Calls `act` in `ms` ms; the returned function cancels that. */
export function startTimer(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms);
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
