/** Counts what is under way, and waits until nothing is. */
export class Countdown {
  #count = 0;
  #zero: Promise<void> | undefined;
  #resolve: (() => void) | undefined;

  /** One more is under way. */
  add(): void {
    this.#count += 1;
  }

  /** One has ended. */
  readonly remove = (): void => {
    this.#count -= 1;
    if (this.#count > 0) return;
    this.#resolve?.();
    this.#zero = undefined;
  };

  /** Resolves when nothing is under way. */
  whenZero(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return (this.#zero ??= new Promise((resolve) => (this.#resolve = resolve)));
  }
}
