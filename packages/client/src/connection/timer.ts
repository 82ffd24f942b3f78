/** Does something in `ms` ms, unless it is undone. */
export function after(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}

/** One thing to do later; setting it anew forgets what it was set to. The one file of the client with timers. */
export class Timer {
  #undo: (() => void) | undefined;

  /** Rings once, in `ms` ms. */
  start(ms: number, ring: () => void): void {
    this.stop();
    this.#undo = after(ms, ring);
  }

  /** Does not ring after all. */
  stop(): void {
    this.#undo?.();
  }
}
