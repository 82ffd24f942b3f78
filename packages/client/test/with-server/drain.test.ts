import { contract, request } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { connect, type ConnectionStatus } from "../../src/index.ts";
import { pass } from "../connection/fakes.ts";
import { undo, undoAll, watchCrashes } from "../connection/servers.ts";
import { slow } from "../../../../test/time-limits.ts";

const numbers = contract("/numbers", {
  client: { post: z.number(), serverName: request({ input: z.null(), output: z.string() }) },
  server: { posted: z.number() },
});

/** An app with a name, the numbers that it received, and functions that send numbers and delay its hook. */
function createNamedApp(name: string) {
  const app = createApp({ clock: new Clock(), heartbeat: { interval: 1e9, timeout: 1 } });
  const received: number[] = [];
  const changes: string[] = [];
  const sends: ((n: number) => unknown)[] = [];
  let gate = Promise.resolve();
  /** Makes the hook of the next connections wait until the returned function is called. */
  const delayHook = (): (() => void) => {
    let openGate = (): void => {};
    gate = new Promise((resolve) => (openGate = resolve));
    return openGate;
  };
  const service = app
    .group(() => gate)
    .implement(numbers, (peer, { room }) => {
      room("all").join(peer);
      peer.subscribe(({ type }) => changes.push(type));
      sends.push((n) => peer.send("posted", n));
      return { post: (n) => void received.push(n), serverName: () => name };
    });
  const broadcast = (n: number): unknown => service.room("all").send("posted", n);
  return { app, received, changes, delayHook, broadcast, send: (n: number) => sends[0]?.(n) };
}

describe("in memory", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(0.5);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  test("a drained session continues on the next connection, without a lost or reordered message", async () => {
    const { app, received, changes, send } = createNamedApp("first");
    const net = testNetwork(app);
    const client = connect(numbers, { url: "ws://test", WebSocket: net.WebSocket });
    const posted: number[] = [];
    const statuses: ConnectionStatus[] = [];
    client.on("posted", (n) => posted.push(n));
    await pass();
    client.status.subscribe((status) => statuses.push(status));
    const sequence = Array.from({ length: 100 }, (_, n) => n);
    for (const n of sequence) {
      if (n % 10 === 5) app.drain(100);
      client.send("post", n);
      send(n);
      await Promise.resolve();
      if (n % 3 === 0) await pass(0);
    }
    await pass(1_000);
    expect([received, posted]).toEqual([sequence, sequence]);
    expect(new Set(statuses.map(({ state }) => state))).toEqual(new Set(["open"]));
    expect(new Set(changes)).toEqual(new Set(["resumed"]));
    client.close();
    await pass();
    expect(changes.at(-1)).toBe("ended");
    expect(net.errors).toEqual([]);
  });

  test("a client that moves while a room sends receives each message once", async () => {
    const { app, delayHook, broadcast } = createNamedApp("first");
    const net = testNetwork(app);
    const client = connect(numbers, { url: "ws://test", WebSocket: net.WebSocket });
    const posted: number[] = [];
    client.on("posted", (n) => posted.push(n));
    await pass();
    broadcast(0);
    const openGate = delayHook();
    app.drain(100);
    await pass();
    for (const n of [1, 2, 3]) broadcast(n); // the hook of the next connection has not decided
    await pass();
    expect(posted).toEqual([0, 1, 2, 3]);
    openGate();
    await pass();
    broadcast(4);
    await pass();
    expect(posted).toEqual([0, 1, 2, 3, 4]);
    client.close();
    expect(net.errors).toEqual([]);
  });
});

describe("over sockets", () => {
  beforeEach(watchCrashes);
  afterEach(undoAll);

  test(
    "a drained client connects to another server before it disconnects, and then the server closes",
    slow,
    async () => {
      const first = createNamedApp("first");
      const second = createNamedApp("second");
      const firstServer = await serve(first.app, { port: 0, signals: false });
      const secondServer = await serve(second.app, { port: 0, signals: false });
      undo.push(secondServer.close, firstServer.close);
      let { port } = firstServer;
      class BalancedWebSocket extends WebSocket {
        constructor(url: string, ...rest: [string[], object]) {
          super(url.replace("balancer", `127.0.0.1:${port}`), ...rest);
        }
      }
      const client = connect(numbers, { url: "ws://balancer", WebSocket: BalancedWebSocket as never });
      undo.push(() => client.close());
      await client.opened;
      expect(await client.request("serverName", null)).toBe("first");
      const statuses: string[] = [];
      client.status.subscribe(({ state }) => statuses.push(state));
      ({ port } = secondServer);
      await firstServer.close({ drain: 60_000 });
      expect(statuses).toEqual(["open"]);
      expect(await client.request("serverName", null)).toBe("second");
    },
  );

  test(
    "a drained client without another server stays until the server closes, and connects to its successor",
    slow,
    async () => {
      const first = createNamedApp("first");
      const second = createNamedApp("second");
      const firstServer = await serve(first.app, { port: 0, signals: false });
      const client = connect(numbers, {
        url: firstServer.url.replace("localhost", "127.0.0.1"),
        WebSocket,
      });
      undo.push(() => client.close());
      await client.opened;
      const closed = firstServer.close({ drain: 700 });
      expect(await client.request("serverName", null)).toBe("first");
      await closed;
      const secondServer = await serve(second.app, { port: firstServer.port, signals: false });
      undo.push(secondServer.close);
      expect(await client.request("serverName", null)).toBe("second");
    },
  );
});
