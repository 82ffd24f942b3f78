import type { Scheduler } from "./scheduler.ts";

/** The scheduled tasks of one server process: none of them runs after the process has ended. */
export class ProcessScope {
  readonly #scheduler: Scheduler;
  /** Cancels pending tasks and subscriptions. */
  readonly #cleanups = new Set<() => void>();
  /** What waits until the process reaches its store; undefined while it does. */
  #waiting: (() => void)[] | undefined;
  #ended = false;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Whether the process has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the process reaches its store now. */
  get reachesStore(): boolean {
    return this.#waiting === undefined;
  }

  /** From now on the process does not reach its store, until the returned function is called. */
  cutOffStore(): () => void {
    const waiting = (this.#waiting ??= []);
    return () => {
      if (this.#waiting !== waiting) return;
      this.#waiting = undefined;
      for (const run of waiting) run();
    };
  }

  /** A call of the process reaches its store now, or when the process reaches it. That of an ended process may still arrive. */
  callStore(run: () => void): void {
    if (this.#waiting === undefined) run();
    else this.#waiting.push(run);
  }

  /** Runs `run` on the server's machine in `ms` virtual ms, unless the process ends before. */
  schedule(ms: number, run: () => void): void {
    if (this.#ended) return;
    const cancel = this.#scheduler.schedule("server", ms, () => {
      this.#cleanups.delete(cancel);
      run();
    });
    this.#cleanups.add(cancel);
  }

  /** Calls `cleanup` when the process ends. */
  onEnd(cleanup: () => void): void {
    this.#cleanups.add(cleanup);
  }

  /** Ends the process at once. */
  end(): void {
    this.#ended = true;
    for (const cleanup of this.#cleanups) cleanup();
    this.#cleanups.clear();
  }
}
