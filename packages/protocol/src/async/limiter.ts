/** Runs a limited number of tasks at once; the others wait, and start in order. */
export class ConcurrencyLimit {
  readonly #limit: number;
  /** The tasks that wait, each with its weight; made for the first one, since few limits are reached. */
  #waiting: Map<() => void, number> | undefined;
  #running = 0;
  #weight = 0;

  /** At most `limit` tasks run at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The weight of the tasks that wait. */
  get waitingWeight(): number {
    return this.#weight;
  }

  /** Starts a task now, or when fewer tasks run; until then it has its weight. */
  run(task: () => void, weight = 0): void {
    if (this.#running >= this.#limit) {
      (this.#waiting ??= new Map()).set(task, weight);
      this.#weight += weight;
    } else {
      this.#running += 1;
      task();
    }
  }

  /** The task is over: the next one starts. A task that has not started is forgotten. */
  release(task: () => void): void {
    if (this.cancel(task)) return;
    this.#running -= 1;
    const [next] = this.#waiting?.keys() ?? [];
    if (!next) return;
    this.cancel(next);
    this.run(next);
  }

  /** Forgets a task that has not started. @returns false when it has. */
  cancel(task: () => void): boolean {
    this.#weight -= this.#waiting?.get(task) ?? 0;
    return !!this.#waiting?.delete(task);
  }
}
