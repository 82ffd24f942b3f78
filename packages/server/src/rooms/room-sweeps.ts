import type { Clock } from "../timing/clock.ts";

/** Sweeps of the logs after the last use of a room: one drops its old messages, one finds it empty, one forgets it. */
const idleSweeps = 3;

/** Sweeps the logs of rooms from time to time, until the rooms have not been used for a while. */
export class RoomSweeps {
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #sweep: () => void;
  /** Sweeps that are still due if no room is used again. */
  #remaining = 0;

  /** `interval` is the time between two sweeps, in ms. */
  constructor(clock: Clock, interval: number, sweep: () => void) {
    this.#clock = clock;
    this.#interval = interval;
    this.#sweep = sweep;
  }

  /** A room was used. */
  schedule(): void {
    const isScheduled = this.#remaining > 0;
    this.#remaining = idleSweeps;
    if (!isScheduled) this.#scheduleNext();
  }

  #scheduleNext(): void {
    this.#clock.after(this.#interval, () => {
      this.#remaining -= 1;
      this.#sweep();
      if (this.#remaining > 0) this.#scheduleNext();
    });
  }
}
