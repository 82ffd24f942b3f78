/** One thing to do later; setting it anew forgets what it was set to. The one file of the client with timers. */
export class Alarm {
  readonly #holdsProcess: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `holdsProcess`: whether Node runs on until it rings. Default false. */
  constructor(holdsProcess = false) {
    this.#holdsProcess = holdsProcess;
  }

  /** Rings once, in `ms` ms. */
  set(ms: number, ring: () => void): void {
    this.clear();
    this.#timer = setTimeout(ring, ms);
    if (!this.#holdsProcess) (this.#timer as { unref?(): void }).unref?.();
  }

  /** Does not ring after all. */
  clear(): void {
    clearTimeout(this.#timer);
  }
}
