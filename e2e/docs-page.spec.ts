import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Locator, type Page, test as base } from "@playwright/test";
import { ports } from "./ports.ts";
import { ServerProcess } from "./server-process.ts";

/** The page of `docs-page/server.ts`. */
class DocsPage {
  readonly page: Page;
  readonly console: Locator;
  readonly log: Locator;
  /** What the browser has reported: errors, and what the page's policy has blocked. */
  readonly problems: string[] = [];
  readonly #url: string;

  constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
    this.console = page.getByRole("complementary", { name: "Console" });
    this.log = this.console.getByRole("list", { name: "Messages on the wire" });
    page.on("pageerror", (error) => this.problems.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.problems.push(message.text());
    });
  }

  async open(hash = ""): Promise<void> {
    await this.page.goto(`${this.#url}/v1/docs${hash}`);
  }

  async connect(): Promise<void> {
    await this.console.getByRole("button", { name: "Connect", exact: true }).click();
  }

  /** Waits until the console shows this state of its connection. */
  async expectState(state: string): Promise<void> {
    await expect(this.console.getByRole("status").first()).toContainText(state);
  }

  /** The form that sends a message, opened. */
  async form(name: string): Promise<Locator> {
    const article = this.page.getByRole("article", { name, exact: true });
    await article.getByText("Try it").click();
    return article.getByRole("form");
  }

  /** Writes the data of a message as JSON, and sends it. */
  async send(name: string, data: unknown, button = "Send"): Promise<void> {
    const form = await this.form(name);
    await form.getByRole("button", { name: "JSON" }).click();
    await type(form.getByRole("textbox", { name: "data as JSON" }), JSON.stringify(data));
    await form.getByRole("button", { name: button }).click();
  }
}

/** Types by keys: React does not notice the `fill` of Playwright in a Firefox that it has not patched. */
async function type(field: Locator, text: string): Promise<void> {
  await field.clear();
  await field.pressSequentially(text);
}

const test = base.extend<{ readonly docs: DocsPage }, { readonly server: ServerProcess }>({
  server: [
    async ({}, use) => {
      const server = await ServerProcess.start(ports(), { name: "docs", folder: "docs-page" });
      await use(server);
      await server.terminate();
    },
    { scope: "worker" },
  ],
  docs: async ({ page, server }, use) => {
    const docs = new DocsPage(page, server.url);
    await use(docs);
    expect(docs.problems).toEqual([]);
  },
});

test("the page lists the routes with their messages, schemas and examples", async ({ docs }) => {
  await docs.open();
  const { page } = docs;
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Desk 1.2.3");
  await expect(page.getByRole("navigation").getByRole("link")).toContainText([
    "/desk/:team",
    "note",
    "sum",
    "ticks",
    "total",
    "ask",
    "noted",
    "confirm",
    "/echo",
    "/secret",
  ]);
  const note = page.getByRole("article", { name: "note", exact: true });
  await expect(note).toContainText("at most 20 characters");
  await expect(note.getByLabel("Example")).toContainText('"text": "text"');
  await expect(page.getByRole("article", { name: "sum", exact: true })).toContainText("Error EMPTY");
});

test("a link to a message opens its route and shows it", async ({ docs }) => {
  await docs.open("#/secret/client.whisper");
  await expect(docs.page.getByRole("heading", { level: 2 })).toHaveText("/secret");
  await expect(docs.page.getByRole("article", { name: "whisper", exact: true })).toBeInViewport();
  await expect(docs.page.getByRole("main")).toContainText("bearer");
});

test("a form made from the schema sends an event, and the log shows what comes back", async ({ docs }) => {
  await docs.open();
  await docs.connect();
  await docs.expectState("Connected");
  const form = await docs.form("note");
  await type(form.getByRole("textbox", { name: "text" }), "from a form");
  await form.getByRole("combobox", { name: /urgent/ }).selectOption("true");
  await form.getByRole("button", { name: "Send" }).click();
  await expect(docs.log).toContainText("sent: event note");
  await expect(docs.log).toContainText("received: said noted");
  await expect(docs.log).toContainText(/note: handled after \d+ ms/);
  await docs.log.getByText("event note").click();
  await expect(docs.log).toContainText('"urgent": true');
});

test("what the server refuses is shown with the server's reasons", async ({ docs }) => {
  await docs.open();
  await docs.connect();
  await docs.expectState("Connected");
  await docs.send("note", { text: "a text that is too long for the schema" });
  await expect(docs.log).toContainText(/problem: note: /);
  await docs.log.getByText(/^note: /).click();
  await expect(docs.log).toContainText("text");
  await docs.send("sum", { numbers: [] }, "Request");
  await expect(docs.log).toContainText("sum: there is nothing to add");
});

test("requests, streams and uploads run, and a stream is cancelled", async ({ docs }) => {
  await docs.open();
  await docs.connect();
  await docs.expectState("Connected");
  await docs.send("sum", { numbers: [1, 2, 4] }, "Request");
  await expect(docs.log).toContainText(/sum: reply after \d+ ms/);
  await docs.send("ticks", { from: 7 }, "Run");
  await expect(docs.console).toContainText("ticks runs: 1 item");
  await docs.console.getByRole("button", { name: "Cancel ticks" }).click();
  await expect(docs.log).toContainText("ticks: cancelled after 1 item");
  const total = await docs.form("total");
  await type(total.getByRole("textbox", { name: "uploaded items as JSON" }), "[1, 2]");
  await total.getByRole("button", { name: "Run" }).click();
  await expect(docs.log).toContainText("total: ended after 1 item");
});

test("a call of the server waits for the reader's answer", async ({ docs }) => {
  await docs.open();
  await docs.connect();
  await docs.expectState("Connected");
  await docs.send("ask", "Shall I?");
  const call = docs.console.getByRole("form", { name: "Answer confirm" });
  await expect(call).toContainText("Shall I?");
  await type(call.getByRole("textbox"), "true");
  await call.getByRole("button", { name: "Answer" }).click();
  await docs.log.getByText("event noted").click();
  await expect(docs.log).toContainText('"text": "confirmed"');
});

test("a session survives the cut of the network: what is sent meanwhile arrives once", async ({ docs }) => {
  await docs.open();
  await docs.connect();
  await docs.expectState("Connected");
  await docs.console.getByRole("button", { name: /^Cut the network/ }).click();
  await docs.expectState("The network is cut");
  await docs.send("note", { text: "kept" });
  await docs.expectState("Connected: the session was resumed");
  await expect(docs.log).toContainText(/note: handled after \d+ ms/);
  await expect(docs.log.getByText("said noted")).toHaveCount(1);
  await expect(docs.console.getByLabel("Session")).toContainText("resumed");
});

test("a room's members show in the console", async ({ docs }) => {
  await docs.open();
  await docs.connect();
  await docs.expectState("Connected");
  await docs.console.getByText("Presence in rooms").click();
  const form = docs.console.getByRole("form", { name: "Presence" });
  await type(form.getByRole("textbox", { name: "room" }), "text");
  await type(form.getByRole("textbox", { name: "mood" }), "calm");
  await form.getByRole("button", { name: "Show" }).click();
  await expect(docs.console).toContainText('"mood": "calm"');
});

test("a refused connection shows the server's reason; with a token it opens", async ({ docs }) => {
  await docs.open("#/secret");
  await docs.connect();
  await docs.expectState("Closed: Sign in first (4401)");
  await type(docs.console.getByLabel("token"), "open sesame");
  await docs.connect();
  await docs.expectState("Connected");
});

test("a raw route sends and receives texts", async ({ docs }) => {
  await docs.open("#/echo");
  await docs.connect();
  await docs.expectState("Connected");
  await type(docs.console.getByRole("textbox", { name: "text message" }), '{"symbol":"S","price":1}');
  await docs.console.getByRole("button", { name: "Send" }).click();
  await expect(docs.log).toContainText('sent: {"symbol":"S","price":1}');
  await expect(docs.log).toContainText('received: {"symbol":"S","price":1}');
});

test("the log is filtered and paused", async ({ docs }) => {
  await docs.open();
  await docs.connect();
  await docs.expectState("Connected");
  await docs.console.getByRole("checkbox", { name: "acks and pings" }).check();
  await expect(docs.log).toContainText("sent: hello");
  await expect(docs.log).toContainText("received: welcome");
  await type(docs.console.getByRole("searchbox"), "welcome");
  await expect(docs.log.getByRole("listitem")).toHaveCount(1);
  await docs.console.getByRole("searchbox").clear();
  await docs.console.getByRole("button", { name: "Pause" }).click();
  await docs.send("note", { text: "unseen" });
  await expect(docs.console.getByRole("button", { name: /^Go on \([1-9]\d* new\)$/ })).toBeVisible();
  await expect(docs.log).not.toContainText("event note");
  await docs.console.getByRole("button", { name: /^Go on/ }).click();
  await expect(docs.log).toContainText("event note");
});

for (const scheme of ["light", "dark"] as const)
  test(`axe finds nothing serious, ${scheme}`, async ({ docs }) => {
    await docs.page.emulateMedia({ colorScheme: scheme });
    await docs.open();
    await docs.connect();
    await docs.expectState("Connected");
    await docs.form("note");
    const { violations } = await new AxeBuilder({ page: docs.page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  });

test("on a phone nothing is wider than the page", async ({ docs }) => {
  await docs.page.setViewportSize({ width: 390, height: 800 });
  await docs.open();
  await docs.connect();
  await docs.expectState("Connected");
  const wider = await docs.page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(wider).toBe(0);
});
