// What a remote peer causes is bounded, although it acknowledges nothing or grants without end.
import { contract, request, stream } from "@symbolon/protocol";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { serve, type Server } from "../../src/node/index.ts";
import { Clock } from "../../src/timing/clock.ts";
import { waitOptions } from "../../../../test/time-limits.ts";
import { connectFrameClient } from "./frame-client.ts";

/** A generator that has yielded so many items runs without end: it fails, since a test could not. */
const endless = 300_000;

const calls = contract("/calls", {
  client: {
    ask: request({ input: z.number(), output: z.string() }),
    count: stream({ input: z.number(), output: z.string() }),
    fail: z.number(),
  },
});

let server: Server | undefined;
afterEach(() => server?.close());

/** Starts a server whose replies and items have so many bytes, and counts the calls of its handlers. */
async function startCallServer(bytes: number) {
  const count = { asked: 0, items: 0, failed: 0 };
  const text = "x".repeat(bytes);
  const app = createApp({ limits: { messagesPerSecond: 100_000 }, onError: () => {} });
  app.implement(calls, () => ({
    ask: () => {
      count.asked += 1;
      return text;
    },
    *count() {
      while (count.items < endless) {
        count.items += 1;
        yield text;
      }
      throw new Error("the stream runs without end");
    },
    fail: () => {
      count.failed += 1;
      throw new Error("failed");
    },
  }));
  server = await serve(app, { port: 0 });
  return { port: server.port, count };
}

/** Resolves when a value has not changed for 20 turns of the event loop. */
async function untilStable(read: () => number): Promise<number> {
  let value = read();
  for (let turns = 0; turns < 20; turns += 1) {
    await new Promise((resolve) => setTimeout(resolve));
    if (read() === value) continue;
    value = read();
    turns = 0;
  }
  return value;
}

describe.each([
  ["a session", false],
  ["a plain client", true],
])("a stream of %s that grants all credit there is", (_, plain) => {
  test("lets other clients and timers go on, and ends when it is cancelled", async () => {
    const { port, count } = await startCallServer(10);
    const { send } = await connectFrameClient(port, { plain });
    const other = await connectFrameClient(port);
    send(
      '{"t":"stream","q":1,"name":"count","data":1}',
      `{"t":"credit","q":1,"n":${2 ** 53 - 1},"b":${2 ** 53 - 1}}`,
    );
    await vi.waitFor(() => expect(count.items).toBeGreaterThan(16), waitOptions);
    other.send('{"t":"request","q":1,"name":"ask","data":1}');
    expect(await other.receive()).toContain('"t":"reply"');
    send('{"t":"cancel","q":1}');
    const items = await untilStable(() => count.items);
    expect(items).toBeLessThan(endless);
  });
});

// S24, CVE-2026-48804
describe("a session that acknowledges nothing", () => {
  test("is sent at most 1 MiB of items", async () => {
    const { port, count } = await startCallServer(10_000);
    const { send } = await connectFrameClient(port);
    send(
      '{"t":"stream","q":1,"name":"count","data":1}',
      `{"t":"credit","q":1,"n":${2 ** 53 - 1},"b":${2 ** 53 - 1}}`,
    );
    const items = await untilStable(() => count.items);
    expect(items).toBeGreaterThan(90);
    expect(items).toBeLessThan(2 ** 20 / 10_000 + 1);
  });

  test("is sent at most 1 MiB of replies, and one more for each call that runs then", async () => {
    const { port, count } = await startCallServer(60_000);
    const { send, receive } = await connectFrameClient(port);
    for (let q = 1; q <= 15; q += 1) {
      send(`{"t":"request","q":${q},"name":"ask","data":1}`);
      await receive();
    }
    for (let q = 16; q <= 75; q += 1) send(`{"t":"request","q":${q},"name":"ask","data":1}`);
    expect(await untilStable(() => count.asked)).toBeLessThanOrEqual(Math.ceil(2 ** 20 / 60_000) + 16);
  });

  test("is sent at most 1,000 errors of its events", async () => {
    const { port, count } = await startCallServer(10);
    const { send, receive } = await connectFrameClient(port);
    for (let q = 1; q <= 990; q += 1) {
      send(`{"t":"event","q":${q},"name":"fail","data":1}`);
      await receive();
    }
    for (let q = 991; q <= 1_040; q += 1) send(`{"t":"event","q":${q},"name":"fail","data":1}`);
    expect(await untilStable(() => count.failed)).toBe(1_000);
  });
});

test("a handler that sends without waiting gets one report of all that was refused, and others are served", async () => {
  const onError = vi.fn();
  const app = createApp({ onError });
  const flood = contract("/calls", { client: { go: z.number() }, server: { posted: z.number() } });
  app.implement(flood, (peer) => ({
    go: (count) => {
      for (let n = 0; n < count; n += 1) void peer.send("posted", n);
    },
  }));
  server = await serve(app, { port: 0 });
  const { send } = await connectFrameClient(server.port);
  send('{"t":"event","name":"go","data":50000}');
  await vi.waitFor(() => expect(onError).toHaveBeenCalled(), waitOptions);
  await new Promise(setImmediate);
  expect(onError).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ message: expect.stringMatching(/^4\d{4} events failed: send queue is full/) }),
    expect.anything(),
  );
});

test("a plain client that sends 1,100 small events at once is paced: each is handled", async () => {
  const handled: number[] = [];
  const clock = new Clock();
  const app = createApp({ clock });
  app.implement(calls, () => ({
    ask: () => "",
    *count() {},
    fail: async (n) => {
      await new Promise(setImmediate);
      handled.push(n);
    },
  }));
  server = await serve(app, { port: 0 });
  const { socket, send } = await connectFrameClient(server.port, { plain: true });
  const frames = Array.from({ length: 1_100 }, (_, n) => `{"t":"event","name":"fail","data":${n}}`);
  send(...frames);
  await vi.waitFor(() => {
    clock.advance(1_000); // the time of 100 events
    expect(handled).toHaveLength(1_100);
  }, waitOptions);
  expect(socket.readyState).toBe(1);
});
