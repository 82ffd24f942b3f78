import { contract } from "@symbolon/protocol";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createApp } from "../src/app.ts";
import { testClient } from "../src/testing.ts";

afterEach(() => void vi.restoreAllMocks());

test("a view's hooks run on its own routes, after those of the view it came from", async () => {
  const app = createApp();
  const members = app.use(() => ({ user: "ada" }));
  const admins = members.use(({ user }) => ({ admin: `${user}!` }));
  app.http("/open", (context) => Response.json(Object.keys(context).includes("user")));
  members.http("/member", ({ user }) => new Response(user));
  admins.http("/admin", ({ user, admin }) => new Response(user + admin));
  const net = testClient(app);
  expect(await (await net.fetch("/open")).json()).toBe(false);
  expect(await (await net.fetch("/member")).text()).toBe("ada");
  expect(await (await net.fetch("/admin")).text()).toBe("adaada!");
});

test("a path can be taken once by a WebSocket and once by HTTP", () => {
  const app = createApp();
  app.ws("/a", () => {});
  app.http("/a", () => new Response());
  expect(() => app.ws("/a", () => {})).toThrow(TypeError);
  expect(() => app.implement(contract("/a", {}), () => ({}))).toThrow(TypeError);
  expect(() => app.http("/a", () => new Response())).toThrow(TypeError);
});

test("an app says which paths it serves", () => {
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

test("S14 › a message may have 64 KiB unless the app says otherwise", () => {
  expect(createApp().maxPayload).toBe(65_536);
  expect(createApp({ maxPayload: 10 }).use(() => {}).maxPayload).toBe(10);
});

describe("an error nobody is told of", () => {
  test("goes to the console by default, without the query and with the path escaped and cut", async () => {
    const console = vi.spyOn(globalThis.console, "error").mockImplementation(() => {});
    const app = createApp();
    const broken = new Error("broken");
    app.http("/*rest", () => {
      throw broken;
    });
    await testClient(app).fetch(`/${"a".repeat(500)}?token=secret`);
    expect(console).toHaveBeenCalledExactlyOnceWith(`symbolon: error at "/${"a".repeat(255)}"`, broken);
  });
});

test("allowed origins connect", async () => {
  const app = createApp({ origins: ["https://pages.example.org"] });
  app.ws("/", (socket) => socket.send("hello"));
  const socket = await testClient(app).connect("/", { headers: { origin: "https://pages.example.org" } });
  expect(await socket.receive()).toBe("hello");
});
