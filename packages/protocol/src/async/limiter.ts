/** A limit that limiters share. */
export interface SharedLimit {
  /** Counts one more task. @returns false when there are too many; then it calls `next` of the limiter when there may be fewer. */
  enter(): boolean;
  /** A task is over. */
  leave(): void;
}

/** Runs a limited number of tasks at once; the others wait, and start in order. */
export class ConcurrencyLimit {
  readonly #limit: number;
  /** The tasks that wait, each with its weight. */
  readonly #waiting = new Map<() => void, number>();
  #running = 0;
  #weight = 0;

  readonly #shared: SharedLimit | undefined;

  /** At most `limit` tasks run at once, and no more than `shared` allows. */
  constructor(limit: number, shared?: SharedLimit) {
    this.#limit = limit;
    this.#shared = shared;
  }

  /** The weight of the tasks that wait. */
  get waitingWeight(): number {
    return this.#weight;
  }

  /** Starts a task now, or when fewer tasks run; until then it has its weight. */
  run(task: () => void, weight = 0): void {
    if (!this.#enter()) {
      this.#waiting.set(task, weight);
      this.#weight += weight;
    } else task();
  }

  /** The task is over: the next one starts. A task that has not started is forgotten. */
  release(task: () => void): void {
    if (this.cancel(task)) return;
    this.#running -= 1;
    this.#shared?.leave();
    this.next();
  }

  /** Starts the next task. @returns false when no task waits, or the next one has to. */
  next(): boolean {
    const [next] = this.#waiting.keys();
    if (next === undefined || !this.#enter()) return false;
    this.cancel(next);
    next();
    return true;
  }

  /** Forgets a task that has not started. @returns false when it has. */
  cancel(task: () => void): boolean {
    this.#weight -= this.#waiting.get(task) ?? 0;
    return this.#waiting.delete(task);
  }

  #enter(): boolean {
    if (this.#running >= this.#limit || this.#shared?.enter() === false) return false;
    this.#running += 1;
    return true;
  }
}
