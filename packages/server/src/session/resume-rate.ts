import type { Clock } from "../timing/clock.ts";

/** How often a client may come back in a minute; a wait between two tries grows, so that one of ours comes nowhere near. */
const most = 100;
const minute = 60_000;

/** Counts how often a client comes back: each time may have a whole session said again. */
export class ResumeRate {
  readonly #clock: Clock;
  #since = 0;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one more; false when that is too often. */
  allow(): boolean {
    const { now } = this.#clock;
    if (now - this.#since >= minute) {
      this.#since = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= most;
  }
}
