/** One thing to do later; setting it anew forgets what it was set to. The one file of the client with timers. */
export class Alarm {
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Rings once, in `ms` ms. */
  set(ms: number, ring: () => void): void {
    this.clear();
    this.#timer = setTimeout(ring, ms);
  }

  /** Does not ring after all. */
  clear(): void {
    clearTimeout(this.#timer);
  }
}
