// S22, CVE-2026-26130: a client that sends faster than it may is paced, and nothing of it is lost.
import { contract, json, request, stream } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { AppOptions } from "../../src/app/types.ts";
import { Clock, testNetwork, type TestSocket } from "../../src/testing/index.ts";
import { flushPromises } from "../flush-promises.ts";
import { openSession } from "../session/connect-session.ts";

const log = contract("/log", {
  client: {
    post: z.number(),
    ask: request({ input: z.number(), output: z.number() }),
    sum: stream({ input: z.null(), upload: z.number(), output: z.number() }),
  },
});

/** A server that logs the numbers it handles, and whether it stops reading. */
function startLogServer(options: AppOptions = {}) {
  const clock = new Clock();
  const handled: number[] = [];
  const app = createApp({ clock, ...options });
  app.implement(log, () => ({
    post: (n) => void handled.push(n),
    ask: (n) => {
      handled.push(n);
      return n;
    },
    async *sum(_, { upload }) {
      for await (const n of upload) handled.push(n);
      yield handled.length;
    },
  }));
  app.ws("/raw", async (socket) => {
    for await (const message of socket) handled.push(Number(message));
  });
  const net = testNetwork(app);
  /** Lets time pass in steps of a sweep. */
  const advance = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      await flushPromises();
    }
  };
  return { net, clock, handled, advance };
}

const numbers = (length: number, from = 1): number[] => Array.from({ length }, (_, n) => from + n);
const post = (n: number): object => ({ t: "event", name: "post", data: n });

/** Receives frames until there are no more, and returns those that are not acknowledgements. */
async function receiveAll(socket: TestSocket): Promise<Record<string, unknown>[]> {
  const frames: Record<string, unknown>[] = [];
  while ((await socket.peek()) !== undefined)
    frames.push((await socket.receive(json())) as Record<string, unknown>);
  return frames.filter(({ t }) => t !== "ack");
}

describe.each(["plain", "raw"])("a %s client", (mode) => {
  const connect = async (server: ReturnType<typeof startLogServer>) => {
    const socket = await server.net.connect(mode === "raw" ? "/raw" : "/log");
    const send = (n: number): void => void socket.send(mode === "raw" ? String(n) : post(n));
    return { socket, send };
  };

  test("that sends 1,100 messages at once has them handled in order, 200 at once and 100 in each second", async () => {
    const server = startLogServer();
    const { socket, send } = await connect(server);
    for (const n of numbers(1_100)) send(n);
    await flushPromises();
    expect(server.handled).toEqual(numbers(200));
    await server.advance(1_000);
    expect(server.handled).toEqual(numbers(300));
    await server.advance(8_000);
    expect(server.handled).toEqual(numbers(1_100));
    send(1_101);
    await server.advance(100);
    expect(server.handled).toEqual(numbers(1_101));
    socket.close();
  });

  test("that sends 90 messages a second for three minutes is never slowed", async () => {
    const server = startLogServer();
    const { socket, send } = await connect(server);
    for (let sent = 0; sent < 180 * 90; sent += 9) {
      for (const n of numbers(9, sent + 1)) send(n);
      await flushPromises();
      expect(server.handled).toHaveLength(sent + 9);
      await server.advance(100);
    }
    socket.close();
  });

  test("that is paced is not taken for silent", async () => {
    const server = startLogServer({ heartbeat: { interval: 1_000, timeout: 500 } });
    const { socket, send } = await connect(server);
    for (const n of numbers(1_000)) send(n);
    await flushPromises();
    await server.advance(8_000);
    expect(server.handled).toEqual(numbers(1_000));
    expect(await socket.peek()).toBeUndefined();
    socket.close();
  });

  test("that sends more bytes than it may is paced", async () => {
    const server = startLogServer({ limits: { bytesPerSecond: 1_000 } });
    const { socket, send } = await connect(server);
    for (const n of numbers(100)) send(1e15 + n);
    await flushPromises();
    const before = server.handled.length;
    expect(before).toBeLessThanOrEqual(126);
    await server.advance(120_000);
    expect(server.handled).toEqual(numbers(100, 1e15 + 1));
    socket.close();
  });
});

describe("a session", () => {
  test("that sends requests faster than it may has its handlers start later, and none is refused", async () => {
    const { net, handled, advance } = startLogServer();
    const socket = await openSession(net, "/log");
    const asked = numbers(1_100);
    const replies: Record<string, unknown>[] = [];
    let sent = 0;
    for (let steps = 0; replies.length < asked.length; steps += 1) {
      expect(steps).toBeLessThan(110);
      for (;;) {
        const open = sent - replies.length;
        if (sent < asked.length && open < 64) {
          for (const n of asked.slice(sent, sent + 64 - open))
            socket.send({ t: "request", q: n, name: "ask", data: n });
          sent += 64 - open;
        }
        await flushPromises();
        const received = (await receiveAll(socket)).filter(({ t }) => t === "reply");
        replies.push(...received);
        if (received.length === 0) break;
        socket.send({ t: "ack", a: replies.length });
      }
      expect(replies.length).toBeLessThanOrEqual(264 + 10 * steps);
      await advance(100);
    }
    expect(replies.map(({ data }) => data)).toEqual(asked);
    expect(handled).toEqual(asked);
    socket.close();
  });

  test("that sends 200 events at once, and 90 in each second after that, is never slowed", async () => {
    const { net, handled, advance } = startLogServer();
    const socket = await openSession(net, "/log");
    const send = async (count: number): Promise<void> => {
      for (let rest = count; rest > 0; rest -= 50) {
        for (const n of numbers(Math.min(rest, 50))) socket.send(post(n));
        await flushPromises();
      }
    };
    await send(200);
    expect(handled).toHaveLength(200);
    for (let seconds = 1; seconds <= 60; seconds += 1) {
      await advance(1_000);
      await send(90);
      expect(handled).toHaveLength(200 + 90 * seconds);
    }
    socket.close();
  });

  test("that sends beyond its credit while its handlers wait is closed with 4429", async () => {
    const { net } = startLogServer();
    const socket = await openSession(net, "/log");
    for (const n of numbers(200)) {
      socket.send(post(n));
      if (n % 50 === 0) await flushPromises();
    }
    for (const n of numbers(66)) socket.send(post(n));
    expect(await socket.closed).toMatchObject({ code: 4429 });
  });

  test("whose upload is faster than it may be is granted more credit later, and all items arrive", async () => {
    const { net, handled, advance } = startLogServer();
    const socket = await openSession(net, "/log");
    socket.send({ t: "stream", q: 1, name: "sum", data: null });
    let granted = 16;
    let sent = 0;
    const pump = async (): Promise<void> => {
      for (;;) {
        for (; sent < granted && sent < 600; sent += 1) socket.send({ t: "next", q: 1, data: sent + 1 });
        await flushPromises();
        const credits = (await receiveAll(socket)).filter(({ t }) => t === "credit");
        if (credits.length === 0) return;
        granted = Math.max(granted, ...credits.map(({ n }) => Number(n)));
      }
    };
    await pump();
    expect(sent).toBeLessThanOrEqual(232);
    for (let seconds = 0; seconds < 6; seconds += 1) {
      await advance(1_000);
      await pump();
    }
    expect(handled).toEqual(numbers(600));
    socket.close();
  });

  test("whose pings are too fast gets the pong of the newest when it may send again, and its events are handled", async () => {
    const { net, handled, advance } = startLogServer();
    const socket = await openSession(net, "/log");
    for (const n of numbers(1_000)) socket.send({ t: "ping", n });
    await flushPromises();
    expect((await receiveAll(socket)).map(({ n }) => n)).toEqual(numbers(200));
    socket.send(post(1));
    await advance(100);
    expect(handled).toEqual([1]);
    expect(await receiveAll(socket)).toEqual([{ t: "pong", n: 1_000 }]);
    socket.close();
  });

  test("whose volatile events are too fast loses some of them, and its other events are handled", async () => {
    const { net, handled, advance } = startLogServer();
    const socket = await openSession(net, "/log");
    for (const n of numbers(300)) {
      socket.send(JSON.stringify(post(n)));
      if (n % 50 === 0) await flushPromises();
    }
    expect(handled).toEqual(numbers(200));
    socket.send(post(1_000));
    await advance(100);
    expect(handled.at(-1)).toBe(1_000);
    socket.close();
  });

  test("that sends too fast is read all the time", async () => {
    const { net, clock } = startLogServer({ heartbeat: { interval: 1_000, timeout: 1_000 } });
    const socket = await openSession(net, "/log");
    for (const n of numbers(260)) {
      socket.send(post(n));
      if (n % 50 === 0 && n <= 200) await flushPromises();
    }
    await flushPromises();
    clock.advance(1_000);
    clock.advance(1_000); // the server pings after a second of silence: it reads, so the silence counts
    expect((await receiveAll(socket)).map(({ t }) => t)).toContain("ping");
    socket.close();
  });
});
