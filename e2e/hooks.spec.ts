import { expect, type Page, test as base } from "@playwright/test";
import { PageTime } from "./page-time.ts";
import { ports } from "./ports.ts";
import { ServerProcess } from "./server-process.ts";

/** What a project of the configuration may choose for these tests. */
export interface HooksOptions {
  /** The major version of the React that the page is made with. Default "19". */
  readonly react: string;
}

/** The page of `hooks/` as someone in front of it sees and uses it, and what its server saw. */
class HooksPage {
  readonly page: Page;
  readonly time: PageTime;
  readonly server: ServerProcess;

  constructor(page: Page, server: ServerProcess) {
    this.page = page;
    this.time = new PageTime(page);
    this.server = server;
  }

  /** Opens the page made with a React, and waits until its room is open. */
  async open(react: string): Promise<void> {
    await this.page.goto(`${this.server.url}/${react}/`);
    await this.shows("react", new RegExp(`^${react}\\.`));
    await this.shows("status", "open");
  }

  async press(...names: string[]): Promise<void> {
    for (const name of names) await this.page.getByRole("button", { name, exact: true }).click();
  }

  async shows(title: string, text: string | string[] | RegExp): Promise<void> {
    await expect(this.page.getByTitle(title)).toHaveText(text, { timeout: 30_000 });
  }

  /** What the server saw so far, one line each. */
  async log(): Promise<string[]> {
    return (await fetch(`${this.server.url}/log`)).json() as Promise<string[]>;
  }

  /** How often the server saw this so far. */
  async logs(line: string): Promise<number> {
    return (await this.log()).filter((one) => one === line).length;
  }

  /** Waits until the server saw this, and no more. */
  async logged(...lines: string[]): Promise<void> {
    await expect.poll(() => this.log()).toEqual(lines);
  }
}

const test = base.extend<HooksOptions & { readonly hooks: HooksPage }>({
  react: ["19", { option: true }],
  hooks: async ({ page, react }, use, { parallelIndex }) => {
    const server = await ServerProcess.start(ports(parallelIndex), { name: "hooks", folder: "hooks" });
    const complaints: string[] = [];
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    const hooks = new HooksPage(page, server);
    await hooks.open(react);
    await use(hooks);
    await server.kill();
    // Browsers complain of a server that does not answer; React would of a mistake of ours.
    expect(complaints.filter((complaint) => !complaint.includes("ws://"))).toEqual([]);
  },
});

test("StrictMode mounts twice, and there is one connection", async ({ hooks }) => {
  await hooks.press("Say hello");
  await hooks.shows("heard", "calmly hello lobby");
  await hooks.logged("/rooms/lobby opened");
});

test("a hot reload keeps the connection", async ({ hooks }) => {
  await hooks.press("Be glad", "Hot reload", "Say hello");
  await hooks.shows("heard", "calmly hello lobby"); // the state is that of a new component
  await hooks.press("Mount anew", "Say hello");
  await hooks.shows("heard", "calmly hello lobby");
  await hooks.logged("/rooms/lobby opened");
});

test("components that ask for the same share a connection, which the last one ends", async ({ hooks }) => {
  await hooks.press("Add twins");
  await hooks.shows("twin", ["open", "open"]);
  await hooks.press("Unmount");
  await hooks.shows("twin", ["open", "open"]);
  await hooks.logged("/rooms/lobby opened");
  await hooks.press("Remove twins");
  await hooks.logged("/rooms/lobby opened", "/rooms/lobby ended");
});

test("components that are mounted together share a connection from the start", async ({ hooks }) => {
  await hooks.press("Unmount");
  await hooks.logged("/rooms/lobby opened", "/rooms/lobby ended");
  await hooks.press("Add twins");
  await hooks.shows("twin", ["open", "open"]);
  await hooks.press("Remove twins");
  const visit = ["/rooms/lobby opened", "/rooms/lobby ended"];
  await hooks.logged(...visit, ...visit);
});

test("another room is another connection, and the old one ends", async ({ hooks }) => {
  await hooks.press("Go to the den");
  await hooks.shows("status", "open");
  await hooks.press("Say hello");
  await hooks.shows("heard", "calmly hello den");
  await expect
    .poll(async () => (await hooks.log()).sort())
    .toEqual(["/rooms/den opened", "/rooms/lobby ended", "/rooms/lobby opened"]);
});

test("unmounting ends the connection, mounting anew makes a new one", async ({ hooks }) => {
  await hooks.press("Unmount");
  await hooks.logged("/rooms/lobby opened", "/rooms/lobby ended");
  await hooks.press("Mount anew");
  await hooks.shows("status", "open");
  await hooks.logged("/rooms/lobby opened", "/rooms/lobby ended", "/rooms/lobby opened");
});

test(
  "what is hidden has no connection, and gets one when it is shown",
  { tag: "@react-19" },
  async ({ hooks }) => {
    await hooks.press("Hide or show");
    await hooks.logged("/rooms/lobby opened", "/rooms/lobby ended");
    await hooks.press("Hide or show");
    await hooks.shows("status", "open");
    await hooks.press("Say hello");
    await hooks.shows("heard", "calmly hello lobby");
    await hooks.logged("/rooms/lobby opened", "/rooms/lobby ended", "/rooms/lobby opened");
  },
);

test("a refusal is shown, and stays until the component is mounted anew", async ({ hooks }) => {
  await hooks.press("Go where it is private");
  await hooks.shows("status", "closed 4403");
  await hooks.press("Join as Ada");
  await hooks.shows("joined", "4403");
  await hooks.press("Mount anew");
  await hooks.shows("status", "closed 4403");
  await expect.poll(() => hooks.logs("/rooms/private opened")).toBe(2);
});

test("the newest listener hears an event", async ({ hooks }) => {
  await hooks.press("Say hello");
  await hooks.shows("heard", "calmly hello lobby");
  await hooks.press("Be glad", "Say hello");
  await hooks.shows("heard", "calmly hello lobby, gladly hello lobby");
});

test("a request is answered, or fails with its code; the last reply stays", async ({ hooks }) => {
  await hooks.press("Join as Ada");
  await hooks.shows("joined", "seat 3");
  await hooks.press("Join as nobody");
  await hooks.shows("joined", "seat 3, FULL");
  await hooks.press("Join as Ada");
  await hooks.shows("joined", "seat 3");
});

test("the last question wins, and the one before is given up at the server", async ({ hooks }) => {
  await hooks.press("Join as slow");
  await hooks.shows("joined", "pending");
  await hooks.logged("/rooms/lobby opened", "join waits");
  await hooks.press("Join as Ada");
  await hooks.shows("joined", "seat 3");
  await hooks.logged("/rooms/lobby opened", "join waits", "join was given up");
});

test("a question ends by the signal it is asked with", async ({ hooks }) => {
  await hooks.press("Join too late");
  await hooks.shows("joined", "enough");
  await hooks.press("Join as Ada");
  await hooks.shows("joined", "seat 3");
  await hooks.logged("/rooms/lobby opened");
});

test("a question is given up when its component is unmounted", async ({ hooks }) => {
  await hooks.press("Add twins", "Join as slow");
  await hooks.logged("/rooms/lobby opened", "join waits");
  await hooks.press("Unmount"); // the twins keep the connection
  await hooks.logged("/rooms/lobby opened", "join waits", "join was given up");
});

test("a stream is shown as it comes, its last items are kept, and it ends", async ({ hooks }) => {
  await hooks.press("Count to 1000");
  await hooks.shows("counted", "998 999 1000");
  const ended = await hooks.logs("count ended");
  await hooks.press("Count again");
  await expect.poll(() => hooks.logs("count ended")).toBe(ended + 1);
  await hooks.shows("counted", "998 999 1000");
});

test("another input is another stream, and unmounting ends it at the server", async ({ hooks }) => {
  await hooks.press("Count to 1000");
  await hooks.shows("counted", "998 999 1000");
  await hooks.press("Count and stay");
  await hooks.shows("counted", "1 2, streaming");
  const ended = await hooks.logs("count ended");
  await hooks.press("Do not count");
  await expect.poll(() => hooks.logs("count ended")).toBe(ended + 1);
  await hooks.shows("status", "open");
});

test("when the server is killed and started again the page comes back, and says what was lost", async ({
  hooks,
  react,
}) => {
  await hooks.time.take();
  await hooks.open(react);
  await hooks.press("Be glad", "Count and stay", "Join as slow");
  await hooks.shows("counted", "1 2, streaming");
  await expect.poll(() => hooks.log()).toContain("join waits");
  await hooks.server.kill();
  await hooks.shows("status", /^waiting true/);
  await hooks.time.stop(); // or the longer this takes, the longer it waits
  await hooks.shows("counted", "1 2, streaming"); // it may still go on
  expect(await hooks.server.start()).toBe(true);
  await hooks.time.goOn();
  await hooks.shows("status", "open");
  await hooks.shows("counted", "1 2, OUTCOME_UNKNOWN");
  await hooks.shows("reset", "gladly unknown");
  await hooks.shows("joined", "OUTCOME_UNKNOWN");
  await hooks.press("Join as Ada", "Count again");
  await hooks.shows("joined", "seat 3");
  await hooks.shows("counted", "1 2, streaming");
  await hooks.logged("/rooms/lobby opened");
});
