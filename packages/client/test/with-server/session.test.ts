import { contract, request, stream } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { connect } from "../../src/index.ts";
import { pass } from "../connection/fakes.ts";

const counting = contract("/counting", {
  client: {
    say: z.number(),
    double: request({ input: z.number(), output: z.number() }),
    up: stream({ input: z.number(), output: z.number() }),
    sum: stream({ input: z.number(), upload: z.number(), output: z.number() }),
  },
  server: { told: z.number(), triple: request({ input: z.number(), output: z.number() }) },
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A client and a server of `counting`, in memory, and what each has heard. */
async function counted() {
  const clock = new Clock();
  const app = createApp({ clock });
  const heard: number[] = [];
  const changes: unknown[] = [];
  const setups: { tell: (n: number) => PromiseLike<void>; triple: (n: number) => Promise<number> }[] = [];
  app.implement(counting, (peer) => {
    peer.subscribe((change) => changes.push(change));
    setups.push({ tell: (n) => peer.send("told", n), triple: (n) => peer.request("triple", n) });
    return {
      say: (n) => void heard.push(n),
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
  const client = connect(counting, { url: "ws://test", WebSocket: net.WebSocket });
  const told: number[] = [];
  const resets: unknown[] = [];
  client.on("told", (n) => told.push(n));
  client.onReset((reset) => resets.push(reset));
  client.handle("triple", (n) => 3 * n);
  const { opened } = client;
  await pass();
  await opened;
  const last = () => setups.at(-1) as (typeof setups)[number];
  /** Lets the client come back. */
  const back = async (): Promise<void> => {
    while (client.status.value.state !== "open") await pass(20);
  };
  return { clock, net, client, heard, told, changes, resets, setups, last, back };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test("over a connection that is lost again and again, every message is handled once and in order, and every call is answered", async () => {
  const { net, client, heard, told, changes, resets, setups, last, back } = await counted();
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
  const answers: Promise<number>[] = [];
  for (let round = 0; round < 20; round += 1) {
    sent.push(last().tell(2 * round), client.send("say", 2 * round));
    answers.push(client.request("double", round), last().triple(round));
    // The network fails after more and more has happened.
    for (let turn = 0; turn < round; turn += 1) await Promise.resolve();
    net.drop();
    sent.push(last().tell(2 * round + 1), client.send("say", 2 * round + 1));
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
    await back();
    expect(client.status.value.resumed).toBe(true);
  }
  await Promise.all([...sent, reading, summing]);
  expect(await Promise.all(answers)).toEqual(upTo(20).flatMap((n) => [2 * n, 3 * n]));
  expect([heard, told]).toEqual([upTo(40), upTo(40)]);
  expect([items, sums]).toEqual([upTo(100), upTo(60).map((n) => n + 1)]);
  expect([setups.length, resets, client.bufferedAmount]).toEqual([1, [], 0]);
  client.close();
  await net.settled();
  expect(changes.slice(0, 2)).toEqual([{ type: "detached" }, { type: "resumed" }]);
  expect(changes.at(-1)).toMatchObject({ type: "ended" });
  expect(net.errors).toEqual([]);
});

test("a client that is away for longer than it is waited for begins anew, and what it had not said goes there", async () => {
  const { clock, net, client, heard, told, changes, resets, setups, last, back } = await counted();
  await client.send("say", 1);
  await last().tell(1);
  net.drop();
  await vi.waitUntil(() => changes.length > 0);
  const lost = last().tell(2);
  const outcome = Promise.allSettled([lost]);
  const kept = client.send("say", 2);
  clock.advance(120_000);
  expect(await outcome).toMatchObject([{ status: "rejected", reason: { code: 4902 } }]);
  await back();
  await kept;
  await last().tell(3);
  expect([heard, told, resets]).toEqual([[1, 2], [1, 3], [{ reason: "unknown" }]]);
  expect(setups).toHaveLength(2);
  expect(client.status.value.resumed).toBe(false);
  client.close();
});

test("an event that fails is told of, though the connection was lost before that could be said", async () => {
  const app = createApp({ clock: new Clock(), onError: () => {} });
  let fail: () => void = () => {};
  app.implement(counting, () => ({
    say: (n) =>
      n === 1 ? new Promise((_, reject) => (fail = () => reject(new Error("secret")))) : undefined,
    double: (n) => n,
    up: () => [],
    sum: () => [],
  }));
  const net = testNetwork(app);
  const client = connect(counting, { url: "ws://test", WebSocket: net.WebSocket });
  const outcomes = Promise.allSettled([client.send("say", 1), client.send("say", 2)]);
  await pass();
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  net.drop();
  fail();
  while (client.status.value.state !== "open") await pass(20);
  await pass();
  expect(await outcomes).toMatchObject([
    { status: "rejected", reason: { code: "INTERNAL" } },
    { status: "fulfilled" },
  ]);
  client.close();
});
