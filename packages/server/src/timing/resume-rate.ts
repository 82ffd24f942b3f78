import type { Clock } from "./clock.ts";

/** How often a client may resume its session in a minute. The backoff of our own client stays far below it. */
const maxPerMinute = 100;
/** In ms. */
const minute = 60_000;

/** Limits how often a client resumes its session, since each time the server may have to send all it keeps again. */
export class ResumeRate {
  readonly #clock: Clock;
  #minuteStart = 0;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Counts one attempt to resume.
   * @returns whether the rate allows it.
   */
  allow(): boolean {
    const { now } = this.#clock;
    if (now - this.#minuteStart >= minute) {
      this.#minuteStart = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= maxPerMinute;
  }
}
