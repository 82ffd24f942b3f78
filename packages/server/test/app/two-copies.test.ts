/** A package with hooks, handlers or a part of the app may resolve another copy of `@symbolon/server` than the app does. */
import { createServer } from "node:http";
import { describe, expect, test, vi } from "vitest";
import { tickets } from "../../src/app/tickets.ts";
import { current } from "../../src/current.ts";
import * as own from "../../src/index.ts";
import { attach, serve } from "../../src/node/index.ts";
import { describeTransport } from "../../src/request/transport.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";
import { connectRawClient, handshake } from "../node/raw-client.ts";
import { startHost } from "../node/test-host.ts";

/** The other copy: the same sources, loaded again. */
vi.resetModules();
const other: typeof own = await import("../../src/index.ts");
const { current: otherCurrent } = await import("../../src/current.ts");
const { attach: otherAttach } = await import("../../src/node/index.ts");

test("the copies are two", () => {
  expect(other.createApp).not.toBe(own.createApp);
  expect(otherCurrent).not.toBe(current);
});

describe("an app of another copy", () => {
  const app = other.createApp() as never;

  test.each<[by: string, caller: string, act: () => unknown]>([
    ["mount", "app.mount", () => own.createApp().mount("/other", app)],
    ["testNetwork", "testNetwork", () => testNetwork(app)],
    ["tickets", "tickets", () => tickets(app)],
    ["attach", "a server", () => attach(createServer(), app)],
    ["serve", "a server", () => serve(app, { port: 0 })],
  ])("is refused by %s, with what to do", async (_, caller, act) => {
    await expect((async () => act())()).rejects.toThrow(
      new TypeError(
        `${caller} got an app that another copy of @symbolon/server has made: install one version, see \`npm ls @symbolon/server\``,
      ),
    );
  });

  test("and what is no app are two errors", () => {
    expect(() => testNetwork({} as never)).toThrow(
      new TypeError("testNetwork needs an app made by createApp"),
    );
  });
});

test("`listen` of another copy calls `close` of its listener once", async () => {
  const calls: unknown[] = [];
  const app = own.createApp({ onError: (error) => void calls.push(error) });
  const listener: own.Listener<own.Socket, unknown> = {
    open: () => void calls.push("open"),
    message: (message) => message,
    close: ({ code }) => void calls.push(code),
  };
  app.ws("/", other.listen(listener as never) as never);
  const net = testNetwork(app);
  const socket = await net.connect("/");
  socket.send("a");
  expect(await socket.receive()).toBe("a");
  socket.close(4000);
  await net.settled();
  expect(calls).toEqual(["open", 4000]);
});

test("a socket may join a room of an app of another copy", async () => {
  const app = own.createApp();
  const otherApp = other.createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    otherApp.room("all").join(socket);
    otherApp.room("all").send("hello");
    await socket.closed;
  });
  const socket = await testNetwork(app).connect("/");
  expect(await socket.receive()).toBe("hello");
});

test("`current` of each copy finds the context", async () => {
  const app = own.createApp();
  app.http("/", (context: unknown) => Response.json([current() === context, otherCurrent() === context]));
  expect(await (await testNetwork(app).fetch("/")).json()).toEqual([true, true]);
});

test("a handler that passes its request on to an app of another copy passes on the client's address", async () => {
  const otherApp = other.createApp();
  otherApp.http("/", ({ address }) => new Response(address));
  const app = own.createApp();
  app.http("/", ({ request }) => otherApp.fetch(request));
  const asked = new Request("http://test/");
  describeTransport(asked, { address: "192.0.2.1" });
  expect(await (await app.fetch(asked)).text()).toBe("192.0.2.1");
});

test("of apps of two copies on one server each answers its paths, and exactly one an unknown path, at once", async () => {
  using host = await startHost();
  const clock = new Clock(); // its time does not pass: a listener that waits for others would wait for ever
  const app = own.createApp({ clock });
  app.ws("/own", (socket) => socket.send("own"));
  const otherApp = other.createApp({ clock });
  otherApp.ws("/other", (socket) => socket.send("other"));
  attach(host.server, app);
  otherAttach(host.server, otherApp);
  for (const path of ["/own", "/other"]) {
    using client = await connectRawClient(host.port);
    expect((await client.open(path)).status).toBe(101);
  }
  using client = await connectRawClient(host.port);
  client.write(handshake("/nowhere"));
  expect((await client.rest()).toString().match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 404"]);
});
