import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { findBrowser } from "./browsers.ts";

type Result = Readonly<Record<string, unknown>>;
/** A message from Chromium's DevTools protocol. A reply has the id of its command. */
type DevToolsMessage = { readonly id?: number; readonly error?: unknown; readonly result?: Result };

/** The switches of the tests' configuration, and one that opens a port for the DevTools protocol. */
const switches = ["--headless=new", "--no-sandbox", "--no-first-run", "--remote-debugging-port=0"];

/** A tab in a Chromium of its own, which a test can hide and freeze. Playwright cannot do that: its pages are always visible. */
export class ChromiumTab {
  readonly #browser: ChildProcess;
  readonly #profile: string;
  readonly #devTools: WebSocket;
  readonly #pendingCommands = new Map<number, (reply: DevToolsMessage) => void>();
  #lastId = 0;
  #targetId: unknown;
  #sessionId: unknown;

  private constructor(browser: ChildProcess, profile: string, devTools: WebSocket) {
    this.#browser = browser;
    this.#profile = profile;
    this.#devTools = devTools;
    devTools.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString()) as DevToolsMessage;
      if (message.id !== undefined) this.#pendingCommands.get(message.id)?.(message);
    });
  }

  /** Starts a Chromium and opens a page in it; `script` runs before the page's own scripts. */
  static async open(url: string, script = ""): Promise<ChromiumTab> {
    const path = findBrowser("chromium")?.path;
    if (path === undefined) throw new Error("this machine has no Chromium");
    const profile = await mkdtemp(join(tmpdir(), "symbolon-tab-"));
    const browser = spawn(path, [...switches, `--user-data-dir=${profile}`], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const devTools = new WebSocket(await devToolsUrl(browser));
    await once(devTools, "open");
    const tab = new ChromiumTab(browser, profile, devTools);
    tab.#targetId = (await tab.#command("Target.createTarget", { url: "about:blank" })).targetId;
    const attachment = { targetId: tab.#targetId, flatten: true };
    tab.#sessionId = (await tab.#command("Target.attachToTarget", attachment)).sessionId;
    await tab.#pageCommand("Page.enable", {});
    await tab.#pageCommand("Page.addScriptToEvaluateOnNewDocument", { source: script });
    await tab.#pageCommand("Page.navigate", { url });
    return tab;
  }

  /** Evaluates an expression in the page and returns its value. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.#pageCommand("Runtime.evaluate", { expression, returnByValue: true });
    return (result as Result)["value"];
  }

  /** Types a text into the focused field, and presses Enter. */
  async typeAndEnter(text: string): Promise<void> {
    await this.#pageCommand("Input.insertText", { text });
    const enter = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: "\r" };
    for (const type of ["keyDown", "keyUp"])
      await this.#pageCommand("Input.dispatchKeyEvent", { type, ...enter });
  }

  /** Hides the tab behind a new one. */
  async hide(): Promise<void> {
    await this.#activate((await this.#command("Target.createTarget", { url: "about:blank" })).targetId);
  }

  /** Brings the tab to the front. */
  show(): Promise<void> {
    return this.#activate(this.#targetId);
  }

  /** Stops the scripts and timers of a hidden tab, until `unfreeze`. */
  async freeze(): Promise<void> {
    await this.#pageCommand("Page.setWebLifecycleState", { state: "frozen" });
  }

  /** Lets the scripts and timers of a frozen tab run again. */
  async unfreeze(): Promise<void> {
    await this.#pageCommand("Page.setWebLifecycleState", { state: "active" });
  }

  /** Ends the tab's Chromium. */
  async close(): Promise<void> {
    const exit = once(this.#browser, "exit");
    this.#devTools.terminate();
    this.#browser.kill("SIGKILL");
    await exit;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  async #activate(targetId: unknown): Promise<void> {
    await this.#command("Target.activateTarget", { targetId });
  }

  #pageCommand(method: string, params: object): Promise<Result> {
    return this.#command(method, params, { sessionId: this.#sessionId });
  }

  async #command(method: string, params: object, session: object = {}): Promise<Result> {
    const id = (this.#lastId += 1);
    const reply = new Promise<DevToolsMessage>((resolve) => this.#pendingCommands.set(id, resolve));
    this.#devTools.send(JSON.stringify({ id, method, params, ...session }));
    const { error, result } = await reply;
    this.#pendingCommands.delete(id);
    if (result === undefined) throw new Error(`${method} failed: ${JSON.stringify(error)}`);
    return result;
  }
}

/** Reads the URL of the DevTools protocol from the output of a Chromium that starts. */
async function devToolsUrl({ stderr }: ChildProcess): Promise<string> {
  if (stderr === null) throw new Error("the standard error of Chromium is not piped");
  for await (const line of createInterface(stderr)) {
    const [url] = /ws:\S+/.exec(line) ?? [];
    if (url !== undefined) {
      stderr.resume(); // discards the later output
      return url;
    }
  }
  throw new Error("Chromium did not start");
}
