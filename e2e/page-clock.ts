import type { Page } from "@playwright/test";

/** Longer than each timeout of the page itself, in ms. */
const hour = 3_600_000;

/** A page's clock under the control of a test: what the page does after a timeout does not depend on the test's speed. */
export class PageClock {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Replaces the clock when the page loads next. It runs until `pause`. */
  async install(): Promise<void> {
    await this.#page.clock.install();
  }

  /** Moves the clock forward by an hour, as after a laptop's sleep, and stops it. */
  async pause(): Promise<void> {
    const now = await this.#page.evaluate(() => Date.now());
    await this.#page.clock.pauseAt(now + hour);
  }

  /** Moves the clock forward by `ms` at once. Each timer that is due fires once. */
  async advance(ms: number): Promise<void> {
    await this.#page.clock.fastForward(ms);
  }

  /** Lets the clock run again. */
  async resume(): Promise<void> {
    await this.#page.clock.resume();
  }
}
