import type { Clock } from "../timing/clock.ts";

/** How long a limit is not named again, in ms. */
const quietTime = 60_000;

/** Writes why connections are refused, and which option opens the way: for each option one line in a minute at most. */
export class RefusalLog {
  readonly #clock: Clock;
  /** When each option was named last, by the clock. */
  readonly #written = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Writes `text`, unless a line has named `option` in this minute. */
  write(option: string, text: string): void {
    const { now } = this.#clock;
    const last = this.#written.get(option);
    if (last !== undefined && now - last < quietTime) return;
    this.#written.set(option, now);
    console.warn(`symbolon: ${text}`);
  }
}
