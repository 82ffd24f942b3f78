import { contract, request, stream } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { connect } from "../../src/index.ts";
import { pass } from "../connection/fakes.ts";
import { waitOptions } from "../../../../test/time-limits.ts";

const numbers = contract("/numbers", {
  client: {
    post: z.number(),
    double: request({ input: z.number(), output: z.number() }),
    up: stream({ input: z.number(), output: z.number() }),
    sum: stream({ input: z.number(), upload: z.number(), output: z.number() }),
  },
  server: { posted: z.number(), triple: request({ input: z.number(), output: z.number() }) },
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Connects a client and a server in memory, and records what each receives. */
async function connectClient() {
  const clock = new Clock();
  const app = createApp({ clock });
  const handled: number[] = [];
  const changes: unknown[] = [];
  const setups: { post: (n: number) => PromiseLike<void>; triple: (n: number) => Promise<number> }[] = [];
  app.implement(numbers, (peer) => {
    peer.subscribe((change) => changes.push(change));
    setups.push({ post: (n) => peer.send("posted", n), triple: (n) => peer.request("triple", n) });
    return {
      post: (n) => void handled.push(n),
      double: async (n) => {
        await new Promise(setImmediate);
        return 2 * n;
      },
      up: async function* (n) {
        for (let i = 0; i < n; i += 1) {
          await new Promise(setImmediate);
          yield i;
        }
      },
      sum: async function* (sum, { upload }) {
        for await (const n of upload) yield (sum += n);
      },
    };
  });
  const net = testNetwork(app);
  const client = connect(numbers, { url: "ws://test", WebSocket: net.WebSocket });
  const received: number[] = [];
  const resets: unknown[] = [];
  client.on("posted", (n) => received.push(n));
  client.onReset((reset) => resets.push(reset));
  client.handle("triple", (n) => 3 * n);
  const { opened } = client;
  await pass();
  await opened;
  const lastSetup = () => setups.at(-1) as (typeof setups)[number];
  /** Waits until the client is connected again. */
  const reconnected = async (): Promise<void> => {
    while (client.status.value.state !== "open") await pass(20);
  };
  return { clock, net, client, handled, received, changes, resets, setups, lastSetup, reconnected };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test("each message is handled once and in order, and each call gets a reply, while the connection breaks repeatedly", async () => {
  const { net, client, handled, received, changes, resets, setups, lastSetup, reconnected } =
    await connectClient();
  const items: number[] = [];
  const reading = (async () => {
    for await (const item of client.stream("up", 100)) items.push(item);
  })();
  const sums: number[] = [];
  const upload = (async function* () {
    for (let n = 0; n < 60; n += 1) {
      await new Promise(setImmediate);
      yield 1;
    }
  })();
  const summing = (async () => {
    for await (const sum of client.stream("sum", 0, { upload })) sums.push(sum);
  })();
  const sent: PromiseLike<void>[] = [];
  const replies: Promise<number>[] = [];
  for (let round = 0; round < 20; round += 1) {
    sent.push(lastSetup().post(2 * round), client.send("post", 2 * round));
    replies.push(client.request("double", round), lastSetup().triple(round));
    // In each round the network fails later.
    for (let n = 0; n < round; n += 1) await Promise.resolve();
    net.drop();
    sent.push(lastSetup().post(2 * round + 1), client.send("post", 2 * round + 1));
    for (let n = 0; n < 3; n += 1) await new Promise(setImmediate);
    await reconnected();
    expect(client.status.value.resumed).toBe(true);
  }
  await Promise.all([...sent, reading, summing]);
  expect(await Promise.all(replies)).toEqual(upTo(20).flatMap((n) => [2 * n, 3 * n]));
  expect([handled, received]).toEqual([upTo(40), upTo(40)]);
  expect([items, sums]).toEqual([upTo(100), upTo(60).map((n) => n + 1)]);
  expect([setups.length, resets, client.bufferedAmount]).toEqual([1, [], 0]);
  client.close();
  await net.settled();
  expect(changes.slice(0, 2)).toEqual([{ type: "detached" }, { type: "resumed" }]);
  expect(changes.at(-1)).toMatchObject({ type: "ended" });
  expect(net.errors).toEqual([]);
});

test("a client that reconnects after the grace time gets a new session, which sends its pending messages", async () => {
  const { clock, net, client, handled, received, changes, resets, setups, lastSetup, reconnected } =
    await connectClient();
  await client.send("post", 1);
  await lastSetup().post(1);
  net.drop();
  await vi.waitUntil(() => changes.length > 0, waitOptions);
  const lost = lastSetup().post(2);
  const outcome = Promise.allSettled([lost]);
  const pending = client.send("post", 2);
  clock.advance(120_000);
  expect(await outcome).toMatchObject([{ status: "rejected", reason: { code: 4902 } }]);
  await reconnected();
  await pending;
  await lastSetup().post(3);
  expect([handled, received, resets]).toEqual([[1, 2], [1, 3], [{ reason: "unknown" }]]);
  expect(setups).toHaveLength(2);
  expect(client.status.value.resumed).toBe(false);
  client.close();
});

test("the sender of an event gets its error, although the connection broke before the server sent the error", async () => {
  const app = createApp({ clock: new Clock(), onError: () => {} });
  let fail: () => void = () => {};
  app.implement(numbers, () => ({
    post: (n) =>
      n === 1 ? new Promise((_, reject) => (fail = () => reject(new Error("secret")))) : undefined,
    double: (n) => n,
    up: () => [],
    sum: () => [],
  }));
  const net = testNetwork(app);
  const client = connect(numbers, { url: "ws://test", WebSocket: net.WebSocket });
  const outcomes = Promise.allSettled([client.send("post", 1), client.send("post", 2)]);
  await pass();
  for (let n = 0; n < 5; n += 1) await new Promise(setImmediate);
  net.drop();
  fail();
  await pass(501); // the wire died young
  while (client.status.value.state !== "open") await pass(20);
  await pass();
  expect(await outcomes).toMatchObject([
    { status: "rejected", reason: { code: "INTERNAL" } },
    { status: "fulfilled" },
  ]);
  client.close();
});
