// S24, mesop #1, CVE-2026-48804: how many handlers a server runs at once.
import { contract, request, stream } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { ConnectionHandlers, HandlerLimit } from "../../src/contract/handler-limit.ts";
import { testNetwork, type TestSocket } from "../../src/testing/index.ts";
import { Clock } from "../../src/timing/clock.ts";
import { flushPromises } from "../flush-promises.ts";
import { gate } from "../gate.ts";
import { hello, keyOf, openSession } from "../session/connect-session.ts";

describe("a limit of handlers", () => {
  /** Starts so many calls on one connection. Returns how many run, and a function that ends the oldest. */
  const start = (limit: HandlerLimit, account: string, calls: number) => {
    const connection = new ConnectionHandlers(limit, account);
    const running: (() => void)[] = [];
    const tasks = Array.from({ length: calls }, () => {
      const task = (): void => void running.push(() => connection.calls.release(task));
      connection.calls.run(task);
      return task;
    });
    return { calls: connection.calls, running, tasks, end: () => running.shift()?.() };
  };

  test("lets one connection run 16 calls at once, and starts the next when one is over", () => {
    const limit = new HandlerLimit(1_000);
    const one = start(limit, "a", 20);
    expect(one.running).toHaveLength(16);
    one.end();
    expect([one.running.length, limit.count]).toEqual([16, { running: 16, waiting: 0, accounts: 1 }]);
    for (let calls = 0; calls < 19; calls += 1) one.end();
    expect(limit.count).toEqual({ running: 0, waiting: 0, accounts: 0 });
  });

  test("has an account wait that fills it, and not another", () => {
    const limit = new HandlerLimit(40);
    const greedy = Array.from({ length: 4 }, () => start(limit, "greedy", 16));
    expect(greedy.map(({ running }) => running.length)).toEqual([16, 16, 8, 0]);
    const other = start(limit, "other", 20);
    expect(other.running).toHaveLength(16);
    other.end();
    expect([other.running.length, limit.count.running]).toEqual([16, 56]);
    for (let calls = 0; calls < 16; calls += 1) greedy[0]?.end();
    expect(greedy.map(({ running }) => running.length)).toEqual([0, 16, 8, 0]);
    greedy[1]?.end();
    greedy[1]?.end();
    expect(greedy.map(({ running }) => running.length)).toEqual([0, 14, 9, 1]); // one after another
    expect(limit.count.running).toBe(40);
  });

  test("lets an account run 16 however many the others run, and no more until there are fewer", () => {
    const limit = new HandlerLimit(0);
    const [first, second] = [start(limit, "a", 16), start(limit, "a", 5)];
    expect([first.running.length, second.running.length]).toEqual([16, 0]);
    for (let calls = 0; calls < 3; calls += 1) first.end();
    expect([first.running.length, second.running.length]).toEqual([13, 3]);
  });

  test("forgets a call that is cancelled before it starts", () => {
    const limit = new HandlerLimit(0);
    const first = start(limit, "a", 16);
    const second = start(limit, "a", 2);
    const third = start(limit, "a", 2);
    for (const task of second.tasks) expect(second.calls.cancel(task)).toBe(true);
    first.end();
    expect([second.running.length, third.running.length]).toEqual([0, 1]);
  });

  test("has an event wait as well, before the calls of its connection", async () => {
    const limit = new HandlerLimit(0);
    const first = start(limit, "a", 16);
    const connection = new ConnectionHandlers(limit, "a");
    const handled: string[] = [];
    connection.calls.run(() => void handled.push("call"));
    const event = connection.event(() => void handled.push("event"));
    expect(handled).toEqual([]);
    first.end();
    await event;
    expect(handled).toEqual(["event", "call"]);
  });

  test("keeps nothing of an account whose handlers are over", async () => {
    const limit = new HandlerLimit(0);
    const connection = new ConnectionHandlers(limit, "a");
    const fail = (): void => {
      throw new Error("thrown");
    };
    expect(() => connection.event(fail)).toThrow("thrown");
    await expect(connection.event(() => Promise.reject(new Error("rejected")))).rejects.toThrow("rejected");
    expect(connection.event(() => "done")).toBe("done");
    expect(limit.count).toEqual({ running: 0, waiting: 0, accounts: 0 });
  });
});

const work = contract("/work", {
  client: {
    note: z.number(),
    ask: request({ input: z.number(), output: z.number() }),
    count: stream({ input: z.number(), output: z.number() }),
  },
});

/** A server whose handlers wait until `open` is called. */
function startSlowServer(handlers?: number) {
  const { open, passed } = gate();
  const started: string[] = [];
  const app = createApp({ clock: new Clock(), ...(handlers !== undefined && { limits: { handlers } }) });
  app.implement(work, (peer) => ({
    note: async (n) => {
      started.push(`note ${n}`);
      await passed;
    },
    ask: async (n) => {
      started.push(`ask ${n}`);
      await passed;
      return n;
    },
    async *count(n) {
      started.push(`count ${n}`);
      await passed;
      yield n;
      peer.signal.throwIfAborted();
    },
  }));
  return { net: testNetwork(app), started, open };
}

const sendCalls = (socket: TestSocket, calls: number): void => {
  for (let q = 1; q <= calls; q += 1) {
    const t = q % 2 === 0 ? "request" : "stream";
    socket.send({ t, q, name: t === "request" ? "ask" : "count", data: q });
  }
};

describe.each(["plain", "session"])("on a server without options, a %s client", (mode) => {
  test("has 16 requests and streams and one event handled at once; the others follow when these are done", async () => {
    const { net, started, open } = startSlowServer();
    const socket = mode === "plain" ? await net.connect("/work") : await openSession(net, "/work");
    sendCalls(socket, 40);
    for (const n of [1, 2, 3]) socket.send({ t: "event", name: "note", data: n, q: 100 + n });
    await flushPromises();
    expect(started).toHaveLength(17);
    expect(started.filter((name) => name.startsWith("note"))).toEqual(["note 1"]);
    open();
    await flushPromises();
    expect(started).toHaveLength(43);
    socket.close();
    await net.settled();
  });
});

test("beyond `limits.handlers` the clients of one address wait for each other, and a client of another does not", async () => {
  const { net, started, open } = startSlowServer(30);
  const sockets = [];
  for (let client = 0; client < 4; client += 1) {
    const socket = await openSession(net, "/work", { ...hello, key: keyOf(`client ${client}`) });
    sendCalls(socket, 16);
    sockets.push(socket);
  }
  await flushPromises();
  expect(started).toHaveLength(30);
  const other = await openSession(net, "/work", { ...hello, key: keyOf("other") }, { address: "192.0.2.1" });
  other.send({ t: "event", name: "note", data: 7 });
  sockets[0]?.send({ t: "event", name: "note", data: 8 });
  await flushPromises();
  expect(started.slice(30)).toEqual(["note 7"]);
  open();
  await flushPromises();
  expect(started).toHaveLength(66);
  expect(started).toContain("note 8");
  for (const socket of [...sockets, other]) socket.close();
  await net.settled();
});
