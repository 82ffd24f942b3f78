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

const note = contract("/note", {
  client: { say: z.number(), who: request({ input: z.null(), output: z.string() }) },
  server: { told: z.number() },
});

/** An app that says who it is, and what it heard. */
function serving(name: string) {
  const app = createApp({ clock: new Clock(), heartbeat: { interval: 1e9, timeout: 1 } });
  const heard: number[] = [];
  const changes: string[] = [];
  const tell: ((n: number) => unknown)[] = [];
  let held = Promise.resolve();
  const hold = (): (() => void) => {
    let go = (): void => {};
    held = new Promise((resolve) => (go = resolve));
    return go;
  };
  const service = app
    .use(() => held)
    .implement(note, (peer, { room }) => {
      room("all").join(peer);
      peer.subscribe(({ type: is }) => changes.push(is));
      tell.push((n) => peer.send("told", n));
      return { say: (n) => void heard.push(n), who: () => name };
    });
  const shout = (n: number): unknown => service.room("all").send("told", n);
  return { app, heard, changes, hold, shout, tell: (n: number) => tell[0]?.(n) };
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

  test("a session that is told to go goes on with the next connection, and nothing is lost or late", async () => {
    const { app, heard, changes, tell } = serving("one");
    const net = testNetwork(app);
    const client = connect(note, { url: "ws://test", WebSocket: net.WebSocket });
    const told: number[] = [];
    const statuses: ConnectionStatus[] = [];
    client.on("told", (n) => told.push(n));
    await pass();
    client.status.subscribe((status) => statuses.push(status));
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    for (const n of numbers) {
      if (n % 10 === 5) app.drain(100);
      client.send("say", n);
      tell(n);
      await Promise.resolve();
      if (n % 3 === 0) await pass(0);
    }
    await pass(1_000);
    expect([heard, told]).toEqual([numbers, numbers]);
    expect(new Set(statuses.map(({ state: is }) => is))).toEqual(new Set(["open"]));
    expect(new Set(changes)).toEqual(new Set(["resumed"]));
    client.close();
    await pass();
    expect(changes.at(-1)).toBe("ended");
    expect(net.errors).toEqual([]);
  });

  test("who moves while a room speaks hears everything once", async () => {
    const { app, hold, shout } = serving("one");
    const net = testNetwork(app);
    const client = connect(note, { url: "ws://test", WebSocket: net.WebSocket });
    const told: number[] = [];
    client.on("told", (n) => told.push(n));
    await pass();
    shout(0);
    const go = hold();
    app.drain(100);
    await pass();
    for (const n of [1, 2, 3]) shout(n); // the hooks of the next connection have not decided
    await pass();
    expect(told).toEqual([0, 1, 2, 3]);
    go();
    await pass();
    shout(4);
    await pass();
    expect(told).toEqual([0, 1, 2, 3, 4]);
    client.close();
    expect(net.errors).toEqual([]);
  });
});

describe("over sockets", () => {
  beforeEach(watchCrashes);
  afterEach(undoAll);

  test("a client that is told to go is served elsewhere before it leaves, and the server closes then", async () => {
    const one = serving("one");
    const two = serving("two");
    const old = await serve(one.app, { port: 0, signals: false });
    const next = await serve(two.app, { port: 0, signals: false });
    undo.push(next.close, old.close);
    let { port } = old;
    class Balanced extends WebSocket {
      constructor(url: string, ...rest: [string[], object]) {
        super(url.replace("balancer", `127.0.0.1:${port}`), ...rest);
      }
    }
    const client = connect(note, { url: "ws://balancer", WebSocket: Balanced as never });
    undo.push(() => client.close());
    await client.opened;
    expect(await client.request("who", null)).toBe("one");
    const statuses: string[] = [];
    client.status.subscribe(({ state: is }) => statuses.push(is));
    ({ port } = next);
    await old.close({ drain: 60_000 });
    expect(statuses).toEqual(["open"]);
    expect(await client.request("who", null)).toBe("two");
  });

  test("a client that has nowhere to go stays until the server closes, and comes back to the next", async () => {
    const one = serving("one");
    const two = serving("two");
    const old = await serve(one.app, { port: 0, signals: false });
    const client = connect(note, {
      url: old.url.replace("localhost", "127.0.0.1"),
      WebSocket,
    });
    undo.push(() => client.close());
    await client.opened;
    const closed = old.close({ drain: 700 });
    expect(await client.request("who", null)).toBe("one");
    await closed;
    const next = await serve(two.app, { port: old.port, signals: false });
    undo.push(next.close);
    expect(await client.request("who", null)).toBe("two");
  });
});
