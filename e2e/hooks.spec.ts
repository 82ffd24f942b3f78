import { expect, type Page, test as base } from "@playwright/test";
import { PageClock } from "./page-clock.ts";
import { ports } from "./ports.ts";
import { ServerProcess } from "./server-process.ts";

/** The options of these tests that a project of the configuration may set. */
export interface HooksOptions {
  /**
   * The major version of React that the page is built with.
   * @default "19"
   */
  readonly react: string;
}

/** The page of `hooks/` as its user sees and uses it, and the log of its server. */
class HooksPage {
  readonly page: Page;
  readonly clock: PageClock;
  readonly server: ServerProcess;

  constructor(page: Page, server: ServerProcess) {
    this.page = page;
    this.clock = new PageClock(page);
    this.server = server;
  }

  /** Opens the page that is built with this version of React, and waits until it is connected. */
  async open(react: string): Promise<void> {
    await this.page.goto(`${this.server.url}/${react}/`);
    await this.expectText("react", new RegExp(`^${react}\\.`));
    await this.expectText("status", "open");
  }

  /** Presses the buttons with these labels, one after another. */
  async press(...labels: string[]): Promise<void> {
    for (const name of labels) await this.page.getByRole("button", { name, exact: true }).click();
  }

  /** Waits until the elements with this title show this text. */
  async expectText(title: string, text: string | string[] | RegExp): Promise<void> {
    await expect(this.page.getByTitle(title, { exact: true })).toHaveText(text);
  }

  /** Waits until the server's log has exactly these entries. */
  async expectLog(...entries: string[]): Promise<void> {
    await expect.poll(() => this.readLog()).toEqual(entries);
  }

  /** Reads the server's log of connections and calls. */
  async readLog(): Promise<string[]> {
    return (await fetch(`${this.server.url}/log`)).json() as Promise<string[]>;
  }

  /** Counts the entries of the server's log with this text. */
  async countInLog(text: string): Promise<number> {
    return (await this.readLog()).filter((entry) => entry === text).length;
  }
}

const test = base.extend<HooksOptions & { readonly hooks: HooksPage }>({
  react: ["19", { option: true }],
  hooks: async ({ page, react }, use) => {
    const server = await ServerProcess.start(ports(), { name: "hooks", folder: "hooks" });
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    const hooks = new HooksPage(page, server);
    await hooks.open(react);
    await use(hooks);
    await server.kill();
    // A browser prints an error when a server does not answer; React prints one when the hooks make a mistake.
    const mistakes = errors.filter((error) => !/ws:\/\/|net::ERR_CONNECTION_REFUSED/.test(error));
    expect(mistakes).toEqual([]);
  },
});

test("under StrictMode, which mounts components twice, the page opens one connection", async ({ hooks }) => {
  await hooks.press("Send hello");
  await hooks.expectText("received", "old listener: hello lobby");
  await hooks.expectLog("/rooms/lobby opened");
});

test("a hot reload keeps the connection", async ({ hooks }) => {
  await hooks.press("Change the listener", "Hot reload", "Send hello");
  await hooks.expectText("received", "old listener: hello lobby"); // the new component has its initial state
  await hooks.press("Mount again", "Send hello");
  await hooks.expectText("received", "old listener: hello lobby");
  await hooks.expectLog("/rooms/lobby opened");
});

test("components with equal options share a connection, and the last one that unmounts closes it", async ({
  hooks,
}) => {
  await hooks.press("Add two components");
  await hooks.expectText("second status", ["open", "open"]);
  await hooks.press("Unmount");
  await hooks.expectText("second status", ["open", "open"]);
  await hooks.expectLog("/rooms/lobby opened");
  await hooks.press("Remove the two components");
  await hooks.expectLog("/rooms/lobby opened", "/rooms/lobby ended");
});

test("two components that mount together share a connection", async ({ hooks }) => {
  await hooks.press("Unmount");
  await hooks.expectLog("/rooms/lobby opened", "/rooms/lobby ended");
  await hooks.press("Add two components");
  await hooks.expectText("second status", ["open", "open"]);
  await hooks.press("Remove the two components");
  const connection = ["/rooms/lobby opened", "/rooms/lobby ended"];
  await hooks.expectLog(...connection, ...connection);
});

test("a change of the room opens another connection and closes the old one", async ({ hooks }) => {
  await hooks.press('Go to the room "den"');
  await hooks.expectText("status", "open");
  await hooks.press("Send hello");
  await hooks.expectText("received", "old listener: hello den");
  await expect
    .poll(async () => (await hooks.readLog()).sort())
    .toEqual(["/rooms/den opened", "/rooms/lobby ended", "/rooms/lobby opened"]);
});

test("unmounting closes the connection, and mounting again opens a new one", async ({ hooks }) => {
  await hooks.press("Unmount");
  await hooks.expectLog("/rooms/lobby opened", "/rooms/lobby ended");
  await hooks.press("Mount again");
  await hooks.expectText("status", "open");
  await hooks.expectLog("/rooms/lobby opened", "/rooms/lobby ended", "/rooms/lobby opened");
});

test(
  "a component that Activity hides closes its connection, and opens a new one when it is visible again",
  { tag: "@react-19" },
  async ({ hooks }) => {
    await hooks.press("Hide or show");
    await hooks.expectLog("/rooms/lobby opened", "/rooms/lobby ended");
    await hooks.press("Hide or show");
    await hooks.expectText("status", "open");
    await hooks.press("Send hello");
    await hooks.expectText("received", "old listener: hello lobby");
    await hooks.expectLog("/rooms/lobby opened", "/rooms/lobby ended", "/rooms/lobby opened");
  },
);

test("useStatus shows that the server has refused the connection, until the component mounts again", async ({
  hooks,
}) => {
  await hooks.press("Go to the private room");
  await hooks.expectText("status", "closed 4403");
  await hooks.press("Join as Ada");
  await hooks.expectText("join result", "4403");
  await hooks.press("Mount again");
  await hooks.expectText("status", "closed 4403");
  await expect.poll(() => hooks.countInLog("/rooms/private opened")).toBe(2);
});

test("useEvent calls the listener of the newest rendering", async ({ hooks }) => {
  await hooks.press("Send hello");
  await hooks.expectText("received", "old listener: hello lobby");
  await hooks.press("Change the listener", "Send hello");
  await hooks.expectText("received", "old listener: hello lobby, new listener: hello lobby");
});

test("useRequest returns the reply or the error's code, and keeps the last reply beside an error", async ({
  hooks,
}) => {
  await hooks.press("Join as Ada");
  await hooks.expectText("join result", "ticket 3");
  await hooks.press("Join as rejected");
  await hooks.expectText("join result", "ticket 3, FULL");
  await hooks.press("Join as Ada");
  await hooks.expectText("join result", "ticket 3");
});

test("useRequest returns the reply of the last request, and cancels the one before at the server", async ({
  hooks,
}) => {
  await hooks.press("Join as slow");
  await hooks.expectText("join result", "pending");
  await hooks.expectLog("/rooms/lobby opened", "join started");
  await hooks.press("Join as Ada");
  await hooks.expectText("join result", "ticket 3");
  await hooks.expectLog("/rooms/lobby opened", "join started", "join aborted");
});

test("useRequest does not send a request whose signal has aborted", async ({ hooks }) => {
  await hooks.press("Join with an aborted signal");
  await hooks.expectText("join result", "aborted");
  await hooks.press("Join as Ada");
  await hooks.expectText("join result", "ticket 3");
  await hooks.expectLog("/rooms/lobby opened");
});

test("useRequest cancels its request at the server when the component unmounts", async ({ hooks }) => {
  await hooks.press("Add two components", "Join as slow");
  await hooks.expectLog("/rooms/lobby opened", "join started");
  await hooks.press("Unmount"); // the two components keep the connection open
  await hooks.expectLog("/rooms/lobby opened", "join started", "join aborted");
});

test("useStream keeps the last items of a stream that has ended, and restarts it", async ({ hooks }) => {
  await hooks.press("Count to 1000");
  await hooks.expectText("count", "998 999 1000");
  const ended = await hooks.countInLog("count ended");
  await hooks.press("Restart the count");
  await expect.poll(() => hooks.countInLog("count ended")).toBe(ended + 1);
  await hooks.expectText("count", "998 999 1000");
});

test("useStream opens another stream for another input, and ends it at the server when the component unmounts", async ({
  hooks,
}) => {
  await hooks.press("Count to 1000");
  await hooks.expectText("count", "998 999 1000");
  await hooks.press("Count to 2 and stay open");
  await hooks.expectText("count", "1 2, streaming");
  const ended = await hooks.countInLog("count ended");
  await hooks.press("Unmount the count");
  await expect.poll(() => hooks.countInLog("count ended")).toBe(ended + 1);
  await hooks.expectText("status", "open");
});

test("when the server is killed and started again, the page reconnects and shows that the request and the stream are lost", async ({
  hooks,
  react,
}) => {
  await hooks.clock.install();
  await hooks.open(react);
  await hooks.press("Change the listener", "Count to 2 and stay open", "Join as slow");
  await hooks.expectText("count", "1 2, streaming");
  await expect.poll(() => hooks.readLog()).toContain("join started");
  await hooks.server.kill();
  await hooks.expectText("status", /^waiting true/);
  await hooks.clock.pause(); // otherwise a slow test makes the page's next attempt late
  await hooks.expectText("count", "1 2, streaming"); // the session may still be resumed
  expect(await hooks.server.start()).toBe(true);
  await hooks.clock.resume();
  await hooks.expectText("status", "open");
  await hooks.expectText("count", "1 2, OUTCOME_UNKNOWN");
  await hooks.expectText("reset", "new listener: unknown");
  await hooks.expectText("join result", "OUTCOME_UNKNOWN");
  await hooks.press("Join as Ada", "Restart the count");
  await hooks.expectText("join result", "ticket 3");
  await hooks.expectText("count", "1 2, streaming");
  await hooks.expectLog("/rooms/lobby opened");
});
