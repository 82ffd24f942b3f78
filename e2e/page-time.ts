import type { Page } from "@playwright/test";

/** Further away than any limit of the page itself, in ms. */
const hour = 3_600_000;

/** The time of a page in the hands of a test: what the page does after a while does not depend on how fast the test is. */
export class PageTime {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Takes it over with the page's next load; it goes on by itself until `stop`. */
  async take(): Promise<void> {
    await this.#page.clock.install();
  }

  /** An hour passes at once, as for a laptop that is opened again, and then time stands still. */
  async stop(): Promise<void> {
    const now = await this.#page.evaluate(() => Date.now());
    await this.#page.clock.pauseAt(now + hour);
  }

  /** So many ms pass at once: each timer that is due rings once. */
  async pass(ms: number): Promise<void> {
    await this.#page.clock.fastForward(ms);
  }

  /** Time goes on by itself again. */
  async goOn(): Promise<void> {
    await this.#page.clock.resume();
  }
}
