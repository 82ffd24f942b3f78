import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { findBrowser } from "./browsers.ts";

type Answer = Readonly<Record<string, unknown>>;
/** What is said by, and to, Chromium's DevTools protocol. */
type Told = { readonly id?: number; readonly error?: unknown; readonly result?: Answer };

/** Chromium's switches: as the configuration of the tests has them, and a port for us. */
const switches = ["--headless=new", "--no-sandbox", "--no-first-run", "--remote-debugging-port=0"];

/** A tab of a Chromium of its own, which can be hidden and frozen: a page that Playwright drives is always visible. */
export class Tab {
  readonly #browser: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (told: Told) => void>();
  #asked = 0;
  #target: unknown;
  #session: unknown;

  private constructor(browser: ChildProcess, profile: string, socket: WebSocket) {
    this.#browser = browser;
    this.#profile = profile;
    this.#socket = socket;
    socket.on("message", (data: Buffer) => {
      const told = JSON.parse(data.toString()) as Told;
      if (told.id !== undefined) this.#waiting.get(told.id)?.(told);
    });
  }

  /** Starts a Chromium, with a page; `script` runs before the page's own. */
  static async open(url: string, script = ""): Promise<Tab> {
    const path = findBrowser("chromium")?.path;
    if (path === undefined) throw new Error("there is no Chromium");
    const profile = await mkdtemp(join(tmpdir(), "symbolon-tab-"));
    const browser = spawn(path, [...switches, `--user-data-dir=${profile}`], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const socket = new WebSocket(await addressOf(browser));
    await once(socket, "open");
    const tab = new Tab(browser, profile, socket);
    tab.#target = (await tab.#ask("Target.createTarget", { url: "about:blank" })).targetId;
    tab.#session = (
      await tab.#ask("Target.attachToTarget", { targetId: tab.#target, flatten: true })
    ).sessionId;
    await tab.#ask("Page.enable", {}, true);
    await tab.#ask("Page.addScriptToEvaluateOnNewDocument", { source: script }, true);
    await tab.#ask("Page.navigate", { url }, true);
    return tab;
  }

  /** What an expression gives in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.#ask("Runtime.evaluate", { expression, returnByValue: true }, true);
    return (result as Answer)["value"];
  }

  /** Types a line where the cursor is, and Enter. */
  async type(line: string): Promise<void> {
    await this.#ask("Input.insertText", { text: line }, true);
    const enter = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: "\r" };
    for (const type of ["keyDown", "keyUp"])
      await this.#ask("Input.dispatchKeyEvent", { type, ...enter }, true);
  }

  /** Another tab comes to the front. */
  async hide(): Promise<void> {
    await this.#front((await this.#ask("Target.createTarget", { url: "about:blank" })).targetId);
  }

  /** It comes to the front. */
  show(): Promise<void> {
    return this.#front(this.#target);
  }

  /** Its scripts and timers stop, until `thaw`; it has to be hidden. */
  async freeze(): Promise<void> {
    await this.#ask("Page.setWebLifecycleState", { state: "frozen" }, true);
  }

  async thaw(): Promise<void> {
    await this.#ask("Page.setWebLifecycleState", { state: "active" }, true);
  }

  /** Ends its Chromium. */
  async close(): Promise<void> {
    const gone = once(this.#browser, "exit");
    this.#socket.terminate();
    this.#browser.kill("SIGKILL");
    await gone;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  async #front(targetId: unknown): Promise<void> {
    await this.#ask("Target.activateTarget", { targetId });
  }

  async #ask(method: string, params: object, inPage = false): Promise<Answer> {
    const id = (this.#asked += 1);
    const answer = new Promise<Told>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params, ...(inPage && { sessionId: this.#session }) }));
    const { error, result } = await answer;
    this.#waiting.delete(id);
    if (result === undefined) throw new Error(`${method} failed: ${JSON.stringify(error)}`);
    return result;
  }
}

/** Where a Chromium that starts is to be spoken to. */
async function addressOf({ stderr }: ChildProcess): Promise<string> {
  if (stderr === null) throw new Error("its standard error is not piped");
  for await (const line of createInterface(stderr)) {
    const [address] = /ws:\S+/.exec(line) ?? [];
    if (address !== undefined) {
      stderr.resume(); // what it says later is for nobody
      return address;
    }
  }
  throw new Error("Chromium did not start");
}
