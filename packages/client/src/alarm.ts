/** One thing to do later; setting it anew forgets what it was set to. The one file of the client with timers. */
export class Alarm {
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Whether it will ring. */
  get isSet(): boolean {
    return this.#timer !== undefined;
  }

  /** Rings once, in `ms` ms. */
  set(ms: number, ring: () => void): void {
    this.clear();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      ring();
    }, ms);
  }

  /** Does not ring after all. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
