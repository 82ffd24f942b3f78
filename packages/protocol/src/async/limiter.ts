/** Handles a message whose turn has come. Never rejects; what it gives is awaited before the next one. */
export type Task = () => unknown;

/** Lets so many go at once; the others wait, and go in order. */
export class ConcurrencyLimit {
  readonly #atOnce: number;
  readonly #waiting = new Set<() => void>();
  #going = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Calls `go` now, or when it is its turn. */
  run(go: () => void): void {
    if (this.#going >= this.#atOnce) this.#waiting.add(go);
    else {
      this.#going += 1;
      go();
    }
  }

  /** Who took a turn needs it no more: if `go` was called, the next one goes, else it is forgotten. */
  release(go: () => void): void {
    if (this.#waiting.delete(go)) return;
    this.#going -= 1;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.run(next);
  }

  /** Forgets one that waits; nothing when it has gone. */
  cancel(go: () => void): void {
    this.#waiting.delete(go);
  }
}
