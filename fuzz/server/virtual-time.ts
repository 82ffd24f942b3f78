import { Scheduler } from "../../sim/virtual/scheduler.ts";
import { turns } from "../oracle/turn-meter.ts";

/** The longest delay of a timer, in ms: a platform starts a timer with a longer one at once. */
const longestDelay = 2 ** 31 - 1;

/** Virtual time for the client: replaces its timers and its date, until `restore`. */
export class VirtualTime {
  readonly #scheduler = new Scheduler();
  readonly #real = { setTimeout, clearTimeout, now: Date.now };

  constructor() {
    const scheduler = this.#scheduler;
    Object.assign(globalThis, {
      setTimeout: (act: () => void, ms = 0) =>
        scheduler.schedule("client", ms > longestDelay ? 1 : Math.max(1, ms), act),
      clearTimeout: (cancel?: () => void) => cancel?.(),
    });
    Date.now = () => 1_600_000_000_000 + Math.floor(scheduler.now);
  }

  /** Virtual ms since it began. */
  get now(): number {
    return this.#scheduler.now;
  }

  /** Timers that wait. */
  get timers(): number {
    return this.#scheduler.pendingOn("client");
  }

  /** Runs a callback in `ms`, which is not a timer of the client. */
  after(ms: number, act: () => void): void {
    this.#scheduler.schedule(undefined, ms, act);
  }

  /** Lets so many ms pass, but no more than `maxSteps` callbacks. */
  async pass(ms: number, maxSteps = 5_000): Promise<void> {
    const until = this.#scheduler.now + ms;
    await turns();
    for (let step = 0; step < maxSteps && this.#scheduler.step(until); step += 1) await turns();
  }

  /** The real timers and the real date are back. */
  restore(): void {
    const { now, ...timers } = this.#real;
    Object.assign(globalThis, timers);
    Date.now = now;
  }
}
