/** Runs a limited number of tasks at once; the others wait, and start in order. */
export class ConcurrencyLimit {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  /** At most `limit` tasks run at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Starts a task now, or when fewer tasks run. */
  run(task: () => void): void {
    if (this.#running >= this.#limit) this.#waiting.add(task);
    else {
      this.#running += 1;
      task();
    }
  }

  /** The task is over: the next one starts. A task that has not started is forgotten. */
  release(task: () => void): void {
    if (this.#waiting.delete(task)) return;
    this.#running -= 1;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.run(next);
  }

  /** Forgets a task that has not started; does nothing when it has. */
  cancel(task: () => void): void {
    this.#waiting.delete(task);
  }
}
