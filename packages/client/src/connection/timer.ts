/** Does something in `ms` ms, unless it is undone. */
export function later(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}

/** One thing to do later; setting it anew forgets what it was set to. The one file of the client with timers. */
export class Alarm {
  #undo: (() => void) | undefined;

  /** Rings once, in `ms` ms. */
  set(ms: number, ring: () => void): void {
    this.clear();
    this.#undo = later(ms, ring);
  }

  /** Does not ring after all. */
  clear(): void {
    this.#undo?.();
  }
}
