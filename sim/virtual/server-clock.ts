import { Clock } from "@symbolon/server/testing";
import type { Scheduler } from "./scheduler.ts";

/** The clock of one server process, in virtual time. It sweeps at an interval, as the real `SystemClock` does. */
export class ServerClock extends Clock {
  /** The number of subscribers. */
  subscribers = 0;
  readonly #scheduler: Scheduler;
  #interval: number;
  #lastSweep = 0;
  #cancel: (() => void) | undefined;
  #stopped = false;

  /** Sweeps every `interval` ms while it has subscribers. */
  constructor(scheduler: Scheduler, interval: number) {
    super();
    this.#scheduler = scheduler;
    this.#interval = interval;
  }

  /** Sweeps once a minute from now on. The simulation calls it when only long timeouts remain. */
  slowDown(): void {
    this.#interval = 60_000;
  }

  /** Stops the clock for good, as the end of the process does. */
  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** Starts to sweep for the first subscriber and stops after the last one. */
  protected override onSubscribersChange(subscribers: number): void {
    this.subscribers = subscribers;
    if (subscribers === 0) {
      this.#cancel?.();
      this.#cancel = undefined;
    } else if (this.#cancel === undefined) {
      this.#lastSweep = this.#scheduler.now;
      this.#scheduleSweep();
    }
  }

  #scheduleSweep(): void {
    if (this.#stopped) return;
    this.#cancel = this.#scheduler.schedule("server", this.#interval, () => {
      const elapsed = this.#scheduler.now - this.#lastSweep;
      this.#lastSweep = this.#scheduler.now;
      this.#scheduleSweep();
      this.advance(Math.min(elapsed, 10 * this.#interval)); // like the real clock, it limits its step after a pause
    });
  }
}
