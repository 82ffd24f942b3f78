import { AsyncLocalStorage } from "node:async_hooks";
import { contract } from "@symbolon/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { openSession, hello, keyOf } from "./session/connect-session.ts";
import { gate } from "./gate.ts";

beforeEach(() => void vi.resetModules());
afterEach(() => void vi.restoreAllMocks());

/** The modules of a program that imports `current`. */
async function withCurrent() {
  const { createApp } = await import("../src/app/app.ts");
  const { testNetwork } = await import("../src/testing/index.ts");
  const { current } = await import("../src/current.ts");
  return { createApp, testNetwork, current };
}

test("without the import the server does not use an AsyncLocalStorage", async () => {
  const { createApp } = await import("../src/app/app.ts");
  const { testNetwork } = await import("../src/testing/index.ts");
  const run = vi.spyOn(AsyncLocalStorage.prototype, "run");
  const app = createApp();
  const view = app.group(() => ({ user: "ada" }));
  view.ws("/", (socket, { user }) => socket.send(user));
  const net = testNetwork(view);
  expect(await (await net.connect("/")).receive()).toBe("ada");
  expect(run).not.toHaveBeenCalled();
  await import("../src/current.ts");
  expect(await (await net.connect("/")).receive()).toBe("ada");
  expect(run).toHaveBeenCalled();
});

test("outside of a handler current() throws an error that names the remedy", async () => {
  const { current } = await withCurrent();
  expect(() => current()).toThrow(/no current context.*while a hook or handler runs/);
});

describe("the current context", () => {
  test("is found in hooks, their ends, schemas and handlers, across an await", async () => {
    const { createApp, testNetwork, current } = await withCurrent();
    const log: unknown[] = [];
    const ended = gate();
    const note = (place: string) => log.push([place, current().route, current()["user"]]);
    const app = createApp();
    const view = app
      .group(() => ({ user: "ada" }))
      .group(async function* () {
        await Promise.resolve();
        note("hook");
        yield;
        note("end");
        ended.open();
      });
    const query = z.object({}).transform(() => note("schema"));
    view.ws("/raw/:id", { query }, async (socket) => {
      await socket.receive();
      note("handler");
    });
    const socket = await testNetwork(view).connect("/raw/1");
    socket.send("go on");
    await ended.passed;
    expect(log).toEqual([
      ["schema", "/raw/:id", undefined],
      ["hook", "/raw/:id", "ada"],
      ["handler", "/raw/:id", "ada"],
      ["end", "/raw/:id", "ada"],
    ]);
  });

  test("is found in the body and the hooks of an HTTP response, outside of the code that reads it", async () => {
    const { createApp, current } = await withCurrent();
    const routes: string[] = [];
    const ended = gate();
    const app = createApp();
    app
      .group(function* () {
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
    const { createApp, testNetwork, current } = await withCurrent();
    const chat = contract("/chat/:room", { client: { post: z.object({}) }, server: { seen: z.unknown() } });
    const app = createApp();
    app.implement(chat, (peer) => {
      const opened = current().params;
      return {
        post: async () => {
          await Promise.resolve();
          peer.send("seen", [opened, current().params, typeof current()["room"]]);
        },
      };
    });
    const net = testNetwork(app);
    await using one = await openSession(net, "/chat/a");
    await using two = await openSession(net, "/chat/b", { ...hello, key: keyOf("other") });
    for (const socket of [one, two]) socket.send(JSON.stringify({ t: "event", name: "post", data: {} }));
    for (const [socket, room] of [
      [one, "a"],
      [two, "b"],
    ] as const)
      expect(JSON.parse(String(await socket.receive()))).toMatchObject({
        data: [{ room }, { room }, "function"],
      });
  });
});
