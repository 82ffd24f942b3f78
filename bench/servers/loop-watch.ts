/** How often the event loop is expected to run, in ms. */
const interval = 1;

/** The longest pauses of a process, in ms. */
export interface LoopPauses {
  /** How late a timer was. */
  readonly blocked: number;
  /** The most CPU time between two runs of the timer. A program beside this one adds nothing to it; its own garbage collector does. */
  readonly cpu: number;
}

/** Watches how long the event loop of this process takes to come round. */
export class LoopWatch {
  #ranAt = performance.now();
  #cpuBefore = cpuTime();
  #blocked = 0;
  #cpu = 0;

  readonly #timer = setInterval(() => this.#run(), interval);

  /** The longest pauses since the last call. */
  take(): LoopPauses {
    this.#run();
    const pauses = { blocked: this.#blocked, cpu: this.#cpu };
    this.#blocked = 0;
    this.#cpu = 0;
    return pauses;
  }

  /** Ends the watch. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #run(): void {
    const [now, cpu] = [performance.now(), cpuTime()];
    this.#blocked = Math.max(this.#blocked, now - this.#ranAt - interval);
    this.#cpu = Math.max(this.#cpu, cpu - this.#cpuBefore);
    this.#ranAt = now;
    this.#cpuBefore = cpu;
  }
}

function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
