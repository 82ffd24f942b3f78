/** Who answers an upgrade when a server has several listeners. */
import type { Server as HttpServer } from "node:http";
import type { Socket } from "node:net";
import { contract } from "@symbolon/protocol";
import { SUBPROTOCOL } from "@symbolon/protocol/internal";
import { type AppOptions, createApp } from "@symbolon/server";
import { attach, serve } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { describe, expect, test, vi } from "vitest";
import { WebSocketServer } from "ws";
import { waitOptions } from "../../../../test/time-limits.ts";
import { gate } from "../gate.ts";
import { connectRawClient, handshake } from "./raw-client.ts";
import { createDeadlineClock, createEchoApp, startHost } from "./test-host.ts";

/** The connections of a server that are open. */
function openConnections(server: HttpServer): Set<Socket> {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return open;
}

const logging = (): void => {};

// L4
describe("with several upgrade listeners", () => {
  test("each attached app answers its own paths, and exactly one of them an unknown path, at once", async () => {
    using host = await startHost();
    const open = openConnections(host.server);
    attach(host.server, createEchoApp("/one"));
    attach(host.server, createEchoApp("/two"));
    for (const path of ["/one", "/two"]) {
      using client = await connectRawClient(host.port);
      expect((await client.open(path)).status).toBe(101);
      expect(open.size).toBeGreaterThan(0);
    }
    using client = await connectRawClient(host.port);
    client.write(handshake("/nowhere"));
    expect((await client.rest()).toString().match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 404"]);
    await vi.waitFor(() => expect(open.size).toBe(0), waitOptions);
  });

  test("an app has a path by its WebSocket routes: another app's HTTP route does not take it", async () => {
    using host = await startHost();
    const first = createApp();
    first.http("/echo", () => new Response("page"));
    attach(host.server, first);
    attach(host.server, createEchoApp());
    using client = await connectRawClient(host.port);
    expect((await client.open("/echo")).status).toBe(101);
  });

  test.each<[string, AppOptions, number]>([
    ["10 s", {}, 10_000],
    ["`handshake.timeout`", { handshake: { timeout: 2_000 } }, 2_000],
  ])(
    "an unknown path that no listener answers gets one 404 after %s, and its socket is freed",
    async (_case, options, timeout) => {
      const { clock, deadlineSet } = createDeadlineClock();
      using host = await startHost();
      attach(host.server, createEchoApp("/one", { ...options, clock }));
      attach(host.server, createEchoApp("/two", { ...options, clock }));
      host.server.on("upgrade", logging);
      const open = openConnections(host.server);
      using client = await connectRawClient(host.port);
      client.write(handshake("/nowhere"));
      await deadlineSet();
      expect(open.size).toBe(1);
      clock.advance(timeout - 1);
      expect([...open].map((socket) => socket.writableEnded)).toEqual([false]);
      clock.advance(1);
      expect((await client.rest()).toString().match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 404"]);
      await vi.waitFor(() => expect(open.size).toBe(0), waitOptions);
    },
  );

  test("a session at an unknown path gets 4404 then", async () => {
    const { clock, deadlineSet } = createDeadlineClock();
    using host = await startHost();
    attach(host.server, createEchoApp("/one", { clock }));
    host.server.on("upgrade", logging);
    using client = await connectRawClient(host.port);
    client.write(handshake("/nowhere", { "Sec-WebSocket-Protocol": SUBPROTOCOL }));
    await deadlineSet();
    clock.advance(10_000);
    expect((await client.response()).status).toBe(101);
    expect(await client.closeFrame()).toEqual([4404, "No WebSocket route is at /nowhere"]);
  });

  test.each(["before", "after"])(
    "a listener that was added %s ours and answers at once keeps the socket",
    async (when) => {
      using host = await startHost();
      const theirs = new WebSocketServer({ noServer: true });
      const listen = (): void =>
        void host.server.on("upgrade", (incoming, socket, head) => {
          if (incoming.url === "/theirs")
            theirs.handleUpgrade(incoming, socket, head, (ws) => ws.send("theirs"));
        });
      const clock = new Clock();
      if (when === "before") listen();
      attach(host.server, createEchoApp("/echo", { clock }));
      if (when === "after") listen();
      using client = await connectRawClient(host.port);
      expect((await client.open("/theirs")).status).toBe(101);
      expect(await client.text()).toBe("theirs");
      clock.advance(20_000);
      client.reset();
    },
  );

  test("a listener that takes its time keeps the socket when it answers in time", async () => {
    const clock = new Clock();
    const decided = gate();
    const called = gate();
    using host = await startHost();
    const theirs = new WebSocketServer({ noServer: true });
    attach(host.server, createEchoApp("/echo", { clock }));
    host.server.on("upgrade", (incoming, socket, head) => {
      called.open();
      void decided.passed.then(() =>
        theirs.handleUpgrade(incoming, socket, head, (ws) => {
          clock.advance(20_000);
          ws.send("theirs");
        }),
      );
    });
    using client = await connectRawClient(host.port);
    client.write(handshake("/theirs"));
    await called.passed;
    clock.advance(9_000);
    decided.open();
    expect((await client.response()).status).toBe(101);
    expect(await client.text()).toBe("theirs");
  });

  test("a listener that only ends or destroys the socket has answered too", async () => {
    using host = await startHost();
    attach(host.server, createEchoApp("/echo", { clock: new Clock() }));
    host.server.on("upgrade", (incoming, socket) => {
      if (incoming.url === "/end") socket.end("HTTP/1.1 418 Theirs\r\n\r\n");
      else socket.destroy();
    });
    using ended = await connectRawClient(host.port);
    expect((await ended.open("/end")).status).toBe(418);
    using destroyed = await connectRawClient(host.port);
    destroyed.write(handshake("/destroy"));
    expect(await destroyed.rest()).toHaveLength(0);
  });

  test("at most `handshake.pending` upgrades wait, and `limits.perAddress` of one address: one more gets its 404 at once", async () => {
    const { clock, deadlineSet } = createDeadlineClock();
    using host = await startHost();
    attach(host.server, createEchoApp("/echo", { clock, handshake: { pending: 1 } }));
    host.server.on("upgrade", logging);
    using first = await connectRawClient(host.port);
    first.write(handshake("/nowhere"));
    await deadlineSet();
    using second = await connectRawClient(host.port);
    expect((await second.open("/nowhere")).status).toBe(404);
  });

  test("an app that closes answers those that wait, and leaves the server's other listeners alone", async () => {
    const { clock, deadlineSet } = createDeadlineClock();
    using host = await startHost();
    const attached = attach(host.server, createEchoApp("/echo", { clock }));
    host.server.on("upgrade", logging);
    using client = await connectRawClient(host.port);
    client.write(handshake("/nowhere"));
    await deadlineSet();
    await attached.close();
    expect((await client.response()).status).toBe(503);
    expect(host.server.listeners("upgrade")).toEqual([logging]);
  });

  test("the other app answers when one of two has closed", async () => {
    using host = await startHost();
    const one = attach(host.server, createEchoApp("/one"));
    attach(host.server, createEchoApp("/two"));
    await one.close();
    using client = await connectRawClient(host.port);
    expect((await client.open("/one")).status).toBe(404);
    using other = await connectRawClient(host.port);
    expect((await other.open("/two")).status).toBe(101);
  });
});

// S4
describe("an unknown path", () => {
  test.each<[string, Record<string, string>]>([
    ["raw", {}],
    ["plain, with a subprotocol that no codec has", { "Sec-WebSocket-Protocol": "soap" }],
  ])("is refused with 404: %s", async (_mode, headers) => {
    await using server = await serve(createEchoApp(), { port: 0 });
    using client = await connectRawClient(server.port);
    expect((await client.open("/nowhere", headers)).status).toBe(404);
  });

  test("is refused with 404 in the subprotocol of sessions under serve, where the client can ask why", async () => {
    const app = createEchoApp();
    app.implement(contract("/work", { client: {}, server: {} }), () => ({}));
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    const { status } = await client.open("/nowhere", { "Sec-WebSocket-Protocol": SUBPROTOCOL });
    expect(status).toBe(404);
  });

  test("is closed with 4404 at once in the subprotocol of sessions under attach, where the client cannot ask why", async () => {
    const app = createEchoApp();
    app.implement(contract("/work", { client: {}, server: {} }), () => ({}));
    using host = await startHost();
    attach(host.server, app);
    using client = await connectRawClient(host.port);
    const { status, headers } = await client.open("/nowhere", { "Sec-WebSocket-Protocol": SUBPROTOCOL });
    expect([status, headers.get("sec-websocket-protocol")]).toEqual([101, SUBPROTOCOL]);
    expect(await client.closeFrame()).toEqual([4404, "No WebSocket route is at /nowhere"]);
  });
});
