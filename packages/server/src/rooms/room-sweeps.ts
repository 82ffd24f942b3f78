import type { Clock } from "../timing/clock.ts";

/** Sweeps the logs of rooms from time to time, until the rooms have not been used for a while. */
export class RoomSweeps {
  readonly #clock: Clock;
  readonly #interval: number;
  /** Sweeps after the last use of a room: one drops its old messages, one finds it empty, the last one forgets it. */
  readonly #idleSweeps: number;
  readonly #sweep: () => void;
  /** Sweeps that are still due if no room is used again. */
  #remaining = 0;

  /** `interval` is the time between two sweeps, and `idle` that after which an empty room is forgotten, in ms. */
  constructor(
    clock: Clock,
    { interval, idle }: { readonly interval: number; readonly idle: number },
    sweep: () => void,
  ) {
    this.#clock = clock;
    this.#idleSweeps = 2 + (idle > interval ? Math.ceil(idle / interval) : 1); // both may be Infinity
    this.#interval = interval;
    this.#sweep = sweep;
  }

  /** A room was used. */
  schedule(): void {
    const isScheduled = this.#remaining > 0;
    this.#remaining = this.#idleSweeps;
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
