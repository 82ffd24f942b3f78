import { expect, type Locator, type Page } from "@playwright/test";

/** The chat page as someone in front of it sees and uses it. */
export class ChatPage {
  readonly page: Page;
  /** Where a server has it. */
  readonly path: string;
  readonly name: Locator;
  readonly nameError: Locator;
  readonly composer: Locator;
  readonly composerError: Locator;
  readonly pill: Locator;
  /** What was said, by whoever. */
  readonly lines: Locator;
  /** What was said and is not delivered yet. */
  readonly pending: Locator;
  readonly notices: Locator;
  readonly people: Locator;

  constructor(page: Page, path = "/") {
    this.page = page;
    this.path = path;
    this.name = page.getByLabel("Your name");
    this.nameError = page.locator("#name-error");
    this.composer = page.getByRole("textbox", { name: "Message" });
    this.composerError = page.locator("#text-error");
    this.pill = page.locator("#pill");
    this.lines = page.locator("#lines .line .text");
    this.pending = page.locator("#pending .line .text");
    this.notices = page.locator("#lines .notice");
    this.people = page.locator("#people bdi");
  }

  /** Opens the page of a room and asks to come in. */
  async ask(url: string, name: string, room = "lobby"): Promise<void> {
    await this.page.goto(`${url}${this.path}#${encodeURIComponent(room)}`);
    await this.name.fill(name);
    await this.name.press("Enter");
  }

  /** Opens the page of a room and comes in. */
  async enter(url: string, name: string, room = "lobby"): Promise<void> {
    await this.ask(url, name, room);
    await expect(this.pill).toHaveText("connected");
    await expect(this.people.first()).toHaveText(name);
  }

  /** Keeps what the page hands to its sockets from its next load on; gives a way to read it. */
  async recordSent(): Promise<() => Promise<string[]>> {
    await this.page.addInitScript(() => {
      const sent: string[] = [];
      globalThis.WebSocket = class extends WebSocket {
        override send(data: Parameters<WebSocket["send"]>[0]): void {
          if (typeof data === "string") sent.push(data);
          super.send(data);
        }
      };
      Object.assign(globalThis, { sent });
    });
    return () => this.page.evaluate<string[]>("sent");
  }

  /** Types a message and sends it. */
  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /** Waits until the page says that it has no connection. */
  async isAway(): Promise<void> {
    await expect(this.pill).toHaveText(/^(reconnecting|offline)/);
  }

  /** Waits until the page says that it is connected. */
  async isBack(): Promise<void> {
    await expect(this.pill).toHaveText("connected", { timeout: 30_000 });
  }
}
