import { expect, type Locator, type Page } from "@playwright/test";
import { PageClock } from "./page-clock.ts";
import { silenceLimit } from "./server-options.ts";

/** A file that the user has. */
export type TestFile = {
  /** Its name. */
  readonly name: string;
  /** Its media type. */
  readonly type: string;
  /** Its bytes. */
  readonly buffer: Buffer;
};

/** The chat page, plain or React, as its user sees and uses it. */
export class ChatPage {
  /** The page itself, for what only one test needs. */
  readonly page: Page;
  /** The page's clock. */
  readonly clock: PageClock;
  /** The field for the name in the join form. */
  readonly nameField: Locator;
  /** The error below that field. */
  readonly nameError: Locator;
  /** The field in which the user writes chat messages. */
  readonly composer: Locator;
  /** The error below that field. */
  readonly composerError: Locator;
  /** The state of the connection. */
  readonly connectionBadge: Locator;
  /** The texts of the messages that the server has sent to the room. */
  readonly messages: Locator;
  /** The texts of the user's messages that are not delivered yet. */
  readonly pendingMessages: Locator;
  /** The text below a message that is not delivered yet. */
  readonly deliveryStatus: Locator;
  /** The notices between the messages. */
  readonly notices: Locator;
  /** The names of the people in the room, the user first. */
  readonly people: Locator;
  /** The sentence that names the people who are typing. */
  readonly typingIndicator: Locator;
  /** The button that loads earlier messages. */
  readonly historyButton: Locator;
  /** The note about the last attempt to load earlier messages. */
  readonly historyNote: Locator;
  /** The pictures of the messages that the server has sent to the room. */
  readonly pictures: Locator;
  /** The error of a picture that the page does not send. */
  readonly pictureError: Locator;
  /** The path of the page on its server. */
  readonly #path: string;

  constructor(page: Page, path = "/") {
    this.page = page;
    this.clock = new PageClock(page);
    this.nameField = page.getByLabel("Your name");
    this.nameError = page.locator("#name-error");
    this.composer = page.getByRole("textbox", { name: "Message" });
    this.composerError = page.locator("#text-error");
    this.connectionBadge = page.locator("#pill");
    this.messages = page.locator(":is(#earlier, #lines) .line .text");
    this.pendingMessages = page.locator("#pending .line .text");
    this.deliveryStatus = page.locator("#pending .line .fate");
    this.notices = page.locator("#lines .notice");
    this.people = page.locator("#people bdi");
    this.typingIndicator = page.locator("#typing");
    this.historyButton = page.getByRole("button", { name: "Show earlier messages" });
    this.historyNote = page.locator("#earlier-note");
    this.pictures = page.locator("#lines img");
    this.pictureError = page.locator("#picture-error");
    this.#path = path;
  }

  /** Opens the page and submits the join form. */
  async requestToJoin(url: string, name: string, room = "lobby"): Promise<void> {
    await this.goToRoom(url, room);
    await this.nameField.fill(name);
    await this.nameField.press("Enter");
  }

  /** Opens the page, submits the join form, and waits until the user is in the room. */
  async join(url: string, name: string, room = "lobby"): Promise<void> {
    await this.requestToJoin(url, name, room);
    await expect(this.connectionBadge).toHaveText("connected");
    await expect(this.people.first()).toHaveText(name);
    await expect(this.composer).toBeVisible(); // after the answer to the page's request to join
  }

  /** Joins a room, and then stops the page's clock. */
  async joinWithPausedClock(url: string, name: string, room?: string): Promise<void> {
    await this.clock.install();
    await this.join(url, name, room);
    await this.clock.pause();
  }

  /** Opens the page at the address of a room. */
  async goToRoom(url: string, room: string): Promise<void> {
    await this.page.goto(`${url}${this.#path}#${encodeURIComponent(room)}`);
  }

  /** Presses the button "Leave". */
  async leave(): Promise<void> {
    await this.page.getByRole("button", { name: "Leave" }).click();
  }

  /** Types a chat message and sends it. */
  async send(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /** Presses the button that loads earlier messages. */
  async showEarlier(): Promise<void> {
    await this.historyButton.press("Enter");
  }

  /** Chooses a file in the dialog of the button "Send a picture". */
  async chooseFile(file: TestFile): Promise<void> {
    await this.page.locator("#pictures").setInputFiles({ ...file, mimeType: file.type });
  }

  /** Drops a file on the messages. */
  async dropFile(file: TestFile): Promise<void> {
    await this.#dispatchFile("drop", file);
  }

  /** Pastes a file. */
  async pasteFile(file: TestFile): Promise<void> {
    await this.#dispatchFile("paste", file);
  }

  /** Disconnects the user's device from the network, or connects it again. */
  async setOffline(isOffline: boolean): Promise<void> {
    await this.page.context().setOffline(isOffline);
  }

  /** Waits until the page shows exactly these messages, within `timeout` ms. */
  async expectMessages(texts: readonly string[], timeout?: number): Promise<void> {
    await expect(this.messages).toHaveText([...texts], timeout === undefined ? {} : { timeout });
  }

  /** Waits until exactly these messages are pending. */
  async expectPending(texts: readonly string[]): Promise<void> {
    await expect(this.pendingMessages).toHaveText([...texts]);
  }

  /** Waits until the page lists exactly these people. */
  async expectPeople(names: readonly string[]): Promise<void> {
    await expect(this.people).toHaveText([...names]);
  }

  /** Waits until the page shows exactly these notices. */
  async expectNotices(texts: readonly string[]): Promise<void> {
    await expect(this.notices).toHaveText([...texts]);
  }

  /** Waits until the typing indicator shows this text. */
  async expectTyping(text: string): Promise<void> {
    await expect(this.typingIndicator).toHaveText(text);
  }

  /** Waits until the page shows that it has no connection. */
  async expectDisconnected(): Promise<void> {
    await expect(this.connectionBadge).toHaveText(/^(reconnecting|offline)/);
  }

  /** Waits until the page shows that it is connected. */
  async expectConnected(): Promise<void> {
    await expect(this.connectionBadge).toHaveText("connected");
  }

  /** Waits until the page is connected and has resumed its session. */
  async expectResumed(): Promise<void> {
    await this.expectConnected();
    await expect(this.connectionBadge).toHaveAttribute("data-resumed", "true");
  }

  /** Lets the page find out that its connection, on which nothing arrives, is broken. */
  async detectSilence(): Promise<void> {
    await this.clock.advance(silenceLimit); // the page sends a probe
    await this.clock.advance(5_000); // the probe times out
  }

  /**
   * Records each text of the typing indicator from now on.
   * @returns a function that reads the record.
   */
  async recordTyping(): Promise<() => Promise<string[]>> {
    await this.typingIndicator.evaluate((indicator) => {
      const typingTexts: string[] = [];
      let last = indicator.textContent;
      const record = (): void => {
        if (indicator.textContent !== last) typingTexts.push((last = indicator.textContent));
      };
      const changes = { childList: true, characterData: true, subtree: true };
      new MutationObserver(record).observe(indicator, changes);
      Object.assign(globalThis, { typingTexts });
    });
    return () => this.page.evaluate<string[]>("typingTexts");
  }

  /**
   * Records, as text, what the page sends by its WebSockets, from its next load on.
   * @returns a function that reads the record.
   */
  async recordSentFrames(): Promise<() => Promise<string[]>> {
    await this.page.addInitScript(() => {
      const sentFrames: string[] = [];
      globalThis.WebSocket = class extends WebSocket {
        override send(data: Parameters<WebSocket["send"]>[0]): void {
          if (typeof data === "string") sentFrames.push(data);
          else if (ArrayBuffer.isView(data)) sentFrames.push(new TextDecoder().decode(data));
          super.send(data);
        }
      };
      Object.assign(globalThis, { sentFrames });
    });
    return () => this.page.evaluate<string[]>("sentFrames");
  }

  /**
   * Replaces, from the page's next load on, what matches `pattern` in each binary message that the page sends. Pattern and
   * replacement have one character per byte.
   */
  async replaceInSentFrames(pattern: string, replacement: string): Promise<void> {
    await this.page.addInitScript(
      ({ pattern, replacement }) => {
        globalThis.WebSocket = class extends WebSocket {
          override send(data: Parameters<WebSocket["send"]>[0]): void {
            if (!(data instanceof Uint8Array)) return super.send(data);
            const characters = Array.from(data, (byte) => String.fromCharCode(byte)).join("");
            const replaced = characters.replace(new RegExp(pattern), replacement);
            super.send(Uint8Array.from(replaced, (character) => character.charCodeAt(0)));
          }
        };
      },
      { pattern, replacement },
    );
  }

  /** Dispatches the events that a browser dispatches when the user drops or pastes a file. */
  async #dispatchFile(action: "drop" | "paste", { name, type, buffer }: TestFile): Promise<void> {
    const argument = { action, name, type, base64: buffer.toString("base64") };
    await this.page.locator("#talk").evaluate((target, { action, name, type, base64 }) => {
      const dataTransfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      dataTransfer.items.add(new File([bytes], name, { type }));
      const options = { bubbles: true, cancelable: true };
      // In Firefox a `ClipboardEvent` that a script creates has no files.
      const paste = Object.assign(new Event("paste", options), { clipboardData: dataTransfer });
      const drop = ["dragover", "drop"].map((kind) => new DragEvent(kind, { ...options, dataTransfer }));
      for (const event of action === "paste" ? [paste] : drop) target.dispatchEvent(event);
    }, argument);
  }
}
