import { expect } from "@playwright/test";
import type { ChromiumTab } from "./chromium-tab.ts";

/** The chat page in a `ChromiumTab`, as its user sees and uses it. */
export class ChatTab {
  /** The tab, which a test hides and freezes. */
  readonly tab: ChromiumTab;
  /** How long an expectation waits, in ms. */
  readonly #timeout: number;

  constructor(tab: ChromiumTab, timeout = 30_000) {
    this.tab = tab;
    this.#timeout = timeout;
  }

  /** Fills in the join form, and waits until the page is connected. */
  async join(name: string): Promise<void> {
    await this.#focus("name");
    await this.tab.typeAndEnter(name);
    await this.expectValue(`document.querySelector("#pill")?.textContent`).toBe("connected");
  }

  /** Types a chat message and sends it. */
  async send(text: string): Promise<void> {
    await this.#focus("text");
    await this.tab.typeAndEnter(text);
  }

  /** The texts of the messages on the page. */
  async messages(): Promise<string[]> {
    const texts = `Array.from(document.querySelectorAll("#lines .line .text"), (text) => text.textContent)`;
    return (await this.tab.evaluate(texts)) as string[];
  }

  /** Waits until the page shows exactly these messages. */
  async expectMessages(texts: readonly string[]): Promise<void> {
    await expect.poll(() => this.messages(), { timeout: this.#timeout }).toEqual(texts);
  }

  /** Waits until the page shows these messages, among others. */
  async expectMessagesIncluding(texts: readonly string[]): Promise<void> {
    await expect
      .poll(() => this.messages(), { timeout: this.#timeout })
      .toEqual(expect.arrayContaining([...texts]));
  }

  /** Waits until an expression in the page has the value that the matcher expects. */
  expectValue(expression: string): ReturnType<typeof expect.poll<unknown>> {
    return expect.poll(() => this.tab.evaluate(expression), { timeout: this.#timeout });
  }

  /** Waits until the field with this id has the focus. */
  async #focus(id: string): Promise<void> {
    const focus = `document.querySelector("#${id}")?.focus(), document.activeElement?.id`;
    await this.expectValue(focus).toBe(id);
  }
}
