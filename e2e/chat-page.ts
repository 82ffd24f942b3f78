import { expect, type Locator, type Page } from "@playwright/test";
import { PageTime } from "./page-time.ts";
import { silence } from "./demo-options.ts";

/** A file that someone has. */
export type TestFile = { readonly name: string; readonly type: string; readonly buffer: Buffer };

/** The chat page as someone in front of it sees and uses it. */
export class ChatPage {
  readonly page: Page;
  readonly time: PageTime;
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
  /** What becomes of it. */
  readonly fate: Locator;
  readonly notices: Locator;
  readonly people: Locator;
  /** Who is writing. */
  readonly typing: Locator;
  readonly showEarlier: Locator;
  /** What became of the last try to see earlier lines. */
  readonly earlierNote: Locator;
  /** The pictures that everyone sees. */
  readonly pictures: Locator;
  /** What is wrong with a picture that cannot be sent. */
  readonly pictureError: Locator;

  constructor(page: Page, path = "/") {
    this.page = page;
    this.time = new PageTime(page);
    this.path = path;
    this.name = page.getByLabel("Your name");
    this.nameError = page.locator("#name-error");
    this.composer = page.getByRole("textbox", { name: "Message" });
    this.composerError = page.locator("#text-error");
    this.pill = page.locator("#pill");
    this.lines = page.locator(":is(#earlier, #lines) .line .text");
    this.pending = page.locator("#pending .line .text");
    this.fate = page.locator("#pending .line .fate");
    this.notices = page.locator("#lines .notice");
    this.people = page.locator("#people bdi");
    this.typing = page.locator("#typing");
    this.showEarlier = page.getByRole("button", { name: "Show earlier messages" });
    this.earlierNote = page.locator("#earlier-note");
    this.pictures = page.locator("#lines img");
    this.pictureError = page.locator("#picture-error");
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

  /** Opens the page of a room and comes in, where time then stands still. */
  async enterStopped(url: string, name: string, room?: string): Promise<void> {
    await this.time.take();
    await this.enter(url, name, room);
    await this.time.stop();
  }

  /** Keeps what the page says of who is writing whenever that changes from now on; gives a way to read it. */
  async recordTyping(): Promise<() => Promise<string[]>> {
    await this.typing.evaluate((line) => {
      const shown: string[] = [];
      let last = line.textContent;
      const look = (): void => {
        if (line.textContent !== last) shown.push((last = line.textContent));
      };
      new MutationObserver(look).observe(line, { childList: true, characterData: true, subtree: true });
      Object.assign(globalThis, { shown });
    });
    return () => this.page.evaluate<string[]>("shown");
  }

  /** Keeps what the page hands to its sockets from its next load on, as text; gives a way to read it. */
  async recordSent(): Promise<() => Promise<string[]>> {
    await this.page.addInitScript(() => {
      const sent: string[] = [];
      globalThis.WebSocket = class extends WebSocket {
        override send(data: Parameters<WebSocket["send"]>[0]): void {
          if (typeof data === "string") sent.push(data);
          else if (ArrayBuffer.isView(data)) sent.push(new TextDecoder().decode(data));
          super.send(data);
        }
      };
      Object.assign(globalThis, { sent });
    });
    return () => this.page.evaluate<string[]>("sent");
  }

  /** From its next load on, the page's binary messages say `other` where they match `pattern`, byte for letter. */
  async tamper(pattern: string, other: string): Promise<void> {
    await this.page.addInitScript(
      ({ pattern, other }) => {
        globalThis.WebSocket = class extends WebSocket {
          override send(data: Parameters<WebSocket["send"]>[0]): void {
            if (!(data instanceof Uint8Array)) return super.send(data);
            const letters = Array.from(data, (byte) => String.fromCharCode(byte)).join("");
            const changed = letters.replace(new RegExp(pattern), other);
            super.send(Uint8Array.from(changed, (letter) => letter.charCodeAt(0)));
          }
        };
      },
      { pattern, other },
    );
  }

  /** Chooses a file to send. */
  async choose(file: TestFile): Promise<void> {
    await this.page.locator("#pictures").setInputFiles({ ...file, mimeType: file.type });
  }

  /** Drops a file on the conversation, or pastes it, as the browser tells of it. */
  async give(how: "drop" | "paste", { name, type, buffer }: TestFile): Promise<void> {
    const given = { how, name, type, base64: buffer.toString("base64") };
    await this.page.locator("#talk").evaluate((talk, { how, name, type, base64 }) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
      const init = { bubbles: true, cancelable: true };
      // Firefox gives an event of paste that a page makes no files.
      const paste = Object.assign(new Event("paste", init), { clipboardData: transfer });
      const drop = ["dragover", "drop"].map(
        (kind) => new DragEvent(kind, { ...init, dataTransfer: transfer }),
      );
      for (const event of how === "paste" ? [paste] : drop) talk.dispatchEvent(event);
    }, given);
  }

  /** Types a message and sends it. */
  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /** The page finds out that nothing has come for so long that its connection must be dead. */
  async noticesSilence(): Promise<void> {
    await this.time.pass(silence); // the page asks for a sign of life
    await this.time.pass(5_000); // and has none
  }

  /** Waits until the page says that it has no connection. */
  async isAway(): Promise<void> {
    await expect(this.pill).toHaveText(/^(reconnecting|offline)/);
  }

  /** Waits until the page is connected again, and its session has gone on. */
  async isResumed(): Promise<void> {
    await this.isBack();
    await expect(this.pill).toHaveAttribute("data-resumed", "true", { timeout: 30_000 });
  }

  /** Waits until the page says that it is connected. */
  async isBack(): Promise<void> {
    await expect(this.pill).toHaveText("connected", { timeout: 30_000 });
  }
}
