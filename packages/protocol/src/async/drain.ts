/** A promise for writers that wait until a buffer has drained. */
export class DrainSignal {
  #waiting: Promise<void> | undefined;
  #release: (() => void) | undefined;

  /** The promise that writers wait for; undefined while no writer has to wait. */
  get waiting(): Promise<void> | undefined {
    return this.#waiting;
  }

  /** Has writers wait from now on. Resolves with the next `release`. */
  wait(): Promise<void> {
    this.#waiting ??= new Promise((resolve) => (this.#release = resolve));
    return this.#waiting;
  }

  /** Lets all writers go on. */
  release(): void {
    this.#release?.();
    this.#waiting = undefined;
  }
}
