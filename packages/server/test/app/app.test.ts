import { contract } from "@symbolon/protocol";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";

afterEach(() => void vi.restoreAllMocks());

test("a view's hooks run on its own routes, after the hooks of the wider view", async () => {
  const app = createApp();
  const members = app.group(() => ({ user: "ada" }));
  const admins = members.group(({ user }) => ({ admin: `${user}!` }));
  app.http("/open", (context) => Response.json(Object.keys(context).includes("user")));
  members.http("/member", ({ user }) => new Response(user));
  admins.http("/admin", ({ user, admin }) => new Response(user + admin));
  const net = testNetwork(app);
  expect(await (await net.fetch("/open")).json()).toBe(false);
  expect(await (await net.fetch("/member")).text()).toBe("ada");
  expect(await (await net.fetch("/admin")).text()).toBe("adaada!");
});

test("a path can have one WebSocket route and one HTTP route", () => {
  const app = createApp();
  app.ws("/a", () => {});
  app.http("/a", () => new Response());
  expect(() => app.ws("/a", () => {})).toThrow(TypeError);
  expect(() => app.implement(contract("/a", {}), () => ({}))).toThrow(TypeError);
  expect(() => app.http("/a", () => new Response())).toThrow(TypeError);
});

test("serves() is true for the paths with a route", () => {
  const inner = createApp();
  inner.ws("/deep", () => {});
  const app = createApp();
  app.ws("/a/:id", () => {});
  app.http("/b", () => new Response());
  app.mount("/v1", inner);
  expect(["/a/1", "/b", "/v1/deep", "/a", "/deep"].map((path) => app.serves(path))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

// S14
test("maxPayload is 64 KiB by default, and the same for each view", () => {
  expect(createApp().maxPayload).toBe(65_536);
  expect(createApp({ maxPayload: 10 }).group(() => {}).maxPayload).toBe(10);
});

describe("without onError, an error", () => {
  // S29
  test("goes to the console, without the query and with the path escaped and cut", async () => {
    const console = vi.spyOn(globalThis.console, "error").mockImplementation(() => {});
    const app = createApp();
    const broken = new Error("broken");
    app.http("/*rest", () => {
      throw broken;
    });
    await testNetwork(app).fetch(`/${"a".repeat(500)}?token=secret`);
    expect(console).toHaveBeenCalledExactlyOnceWith(`symbolon: error at "/${"a".repeat(255)}"`, broken);
  });
});

test("allowed origins may connect", async () => {
  const app = createApp({ security: { origins: ["https://pages.example.org"] } });
  app.ws("/", (socket) => socket.send("hello"));
  const socket = await testNetwork(app).connect("/", { headers: { origin: "https://pages.example.org" } });
  expect(await socket.receive()).toBe("hello");
});

describe("state", () => {
  // seeds 141, 149
  test("is one for the hooks and handlers of HTTP and WebSocket alike", async () => {
    const app = createApp({ state: { n: 42 } });
    const view = app.group(({ state }) => ({ doubled: state.n * 2 }));
    view.http("/", ({ state, doubled }) => Response.json([state.n, doubled]));
    view.ws("/", (socket, { state, doubled }) => socket.send([state.n, doubled]));
    const net = testNetwork(app);
    expect(await (await net.fetch("/")).json()).toEqual([42, 84]);
    expect(await (await net.connect("/")).receive()).toBe("[42,84]");
  });

  test("is each app's own: the mounted app's below a mount, the outer app's in the hooks that mount it", async () => {
    const inner = createApp({ state: "inner" });
    inner.http("/", ({ state }) => new Response(state));
    const bare = createApp();
    bare.http("/", ({ state }) => new Response(String(state)));
    const seen: string[] = [];
    const outer = createApp({ state: "outer" });
    const view = outer.group(({ state }) => void seen.push(state));
    view.mount("/inner", inner);
    view.mount("/bare", bare);
    const net = testNetwork(outer);
    expect(await (await net.fetch("/inner")).text()).toBe("inner");
    expect(await (await net.fetch("/bare")).text()).toBe("undefined");
    expect(seen).toEqual(["outer", "outer"]);
  });

  // R14
  test("holds a value that is made once for the app, on first use; a hook makes one for each connection", async () => {
    const made: string[] = [];
    class Services {
      #pool: Promise<string> | undefined;
      get pool(): Promise<string> {
        return (this.#pool ??= Promise.resolve(`pool ${made.push("pool")}`));
      }
    }
    const app = createApp({ state: new Services() });
    const view = app.group(async ({ state }) => ({
      db: `${await state.pool} connection ${made.push("connection")}`,
    }));
    view.http("/", ({ db }) => new Response(db));
    const net = testNetwork(app);
    expect(made).toEqual([]);
    const both = await Promise.all([net.fetch("/"), net.fetch("/")]);
    expect(await Promise.all(both.map((one) => one.text()))).toEqual([
      "pool 1 connection 2",
      "pool 1 connection 3",
    ]);
    expect(made).toEqual(["pool", "connection", "connection"]);
  });
});

// seeds 127, 139
test("hooks run in the order app, mount, view, route, and those of siblings do not run", async () => {
  const log: string[] = [];
  const step = (name: string) => () => void log.push(name);
  const inner = createApp();
  const view = inner.group(step("view"));
  view.group(step("route")).ws("/", (socket) => (log.push("handler"), socket.accept()));
  view.group(step("sibling")).ws("/sibling", () => {});
  const app = createApp().group(step("app"));
  app.group(step("mount")).mount("/v1", inner);
  app.group(step("other mount")).mount("/v2", createApp());
  await testNetwork(app).connect("/v1");
  expect(log).toEqual(["app", "mount", "view", "route", "handler"]);
});

// seeds 63
test("Basic credentials are parsed; without them a hook can ask for them", async () => {
  const app = createApp();
  const view = app.group(({ credentials }) =>
    credentials?.username === "u" && credentials.password === "p"
      ? { user: credentials.username }
      : new Response("Unauthorized", {
          status: 401,
          headers: { "www-authenticate": 'Basic realm="chat", charset="UTF-8"' },
        }),
  );
  view.ws("/", (socket, { user }) => socket.send(`hi ${user}`));
  const net = testNetwork(app);
  const { response } = (await net.connect("/").catch((error: unknown) => error)) as { response: Response };
  expect([response.status, response.headers.get("www-authenticate")]).toEqual([
    401,
    'Basic realm="chat", charset="UTF-8"',
  ]);
  const socket = await net.connect("/", { auth: { username: "u", password: "p" } });
  expect(await socket.receive()).toBe("hi u");
});

test.each(["responseHeaders", "service"])(
  "a hook that provides %s, a name of the context itself, is a TypeError, which is reported",
  async (name) => {
    const onError = vi.fn();
    const app = createApp({ onError });
    app.group((() => ({ [name]: 1 })) as () => void).http("/", () => new Response());
    expect((await testNetwork(app).fetch("/")).status).toBe(500);
    expect(onError).toHaveBeenCalledWith(
      new TypeError(`a hook provides "${name}", which the context has already: choose another name`),
      expect.anything(),
    );
  },
);
