import { AsyncLocalStorage } from "node:async_hooks";
import { contract } from "@symbolon/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { openSession, hello } from "./session/connect-session.ts";
import { gate } from "./gate.ts";

beforeEach(() => void vi.resetModules());
afterEach(() => void vi.restoreAllMocks());

/** The modules as a program has them that imports `current`. */
async function withCurrent() {
  const { createApp } = await import("../src/app/app.ts");
  const { testNetwork: testClient } = await import("../src/testing/index.ts");
  const { current } = await import("../src/current.ts");
  return { createApp, testClient, current };
}

test("without the import nothing runs in an AsyncLocalStorage", async () => {
  const { createApp } = await import("../src/app/app.ts");
  const { testNetwork: testClient } = await import("../src/testing/index.ts");
  const run = vi.spyOn(AsyncLocalStorage.prototype, "run");
  const app = createApp();
  const view = app.use(() => ({ user: "ada" }));
  view.ws("/", (socket, { user }) => socket.send(user));
  const net = testClient(view);
  expect(await (await net.connect("/")).receive()).toBe("ada");
  expect(run).not.toHaveBeenCalled();
  await import("../src/current.ts");
  expect(await (await net.connect("/")).receive()).toBe("ada");
  expect(run).toHaveBeenCalled();
});

test("outside of a handler there is none, and the error says what to do", async () => {
  const { current } = await withCurrent();
  expect(() => current()).toThrow(/no current context.*while a hook or handler runs/);
});

describe("the current context", () => {
  test("is found in hooks, their endings, schemas and handlers, across what they await", async () => {
    const { createApp, testClient, current } = await withCurrent();
    const log: unknown[] = [];
    const ended = gate();
    const note = (where: string) => log.push([where, current().route, current()["user"]]);
    const app = createApp();
    const view = app
      .use(() => ({ user: "ada" }))
      .use(async function* () {
        await Promise.resolve();
        note("hook");
        yield;
        note("ending");
        ended.open();
      });
    const query = z.object({}).transform(() => note("schema"));
    view.ws("/raw/:id", { query }, async (socket) => {
      await socket.receive();
      note("handler");
    });
    const socket = await testClient(view).connect("/raw/1");
    socket.send("go on");
    await ended.passed;
    expect(log).toEqual([
      ["schema", "/raw/:id", undefined],
      ["hook", "/raw/:id", "ada"],
      ["handler", "/raw/:id", "ada"],
      ["ending", "/raw/:id", "ada"],
    ]);
  });

  test("is found in what an HTTP handler streams, whoever reads it", async () => {
    const { createApp, current } = await withCurrent();
    const routes: string[] = [];
    const ended = gate();
    const app = createApp();
    app
      .use(function* () {
        yield;
        routes.push(current().route);
        ended.open();
      })
      .http("/page", () => {
        routes.push(current().route);
        return new Response("page");
      });
    const response = await app.fetch(new Request("http://test/page"));
    expect(() => current()).toThrow("no current context");
    await response.text();
    await ended.passed;
    expect(routes).toEqual(["/page", "/page"]);
  });

  test("is each connection's own, in the handlers of a contract too", async () => {
    const { createApp, testClient, current } = await withCurrent();
    const chat = contract("/chat/:room", { client: { say: z.object({}) }, server: { heard: z.unknown() } });
    const app = createApp();
    app.implement(chat, (peer) => {
      const opened = current().params;
      return {
        say: async () => {
          await Promise.resolve();
          peer.send("heard", [opened, current().params, typeof current()["room"]]);
        },
      };
    });
    const net = testClient(app);
    await using one = await openSession(net, "/chat/a");
    await using two = await openSession(net, "/chat/b", { ...hello, cid: "other" });
    for (const socket of [one, two]) socket.send(JSON.stringify({ t: "event", name: "say", data: {} }));
    for (const [socket, room] of [
      [one, "a"],
      [two, "b"],
    ] as const)
      expect(JSON.parse(String(await socket.receive()))).toMatchObject({
        data: [{ room }, { room }, "function"],
      });
  });
});
