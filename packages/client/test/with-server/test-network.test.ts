import { connect } from "@symbolon/client";
import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { memoryStore, type Store } from "@symbolon/server/store";
import { testNetwork } from "@symbolon/server/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";

const counting = contract("/counting", { client: { say: z.number() }, server: { told: z.number() } });

// The client's timers, and those of the server's clock.
beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

function set(store?: Store) {
  const heard: number[] = [];
  const log: string[] = [];
  const app = createApp({ ...(store && { store }), heartbeat: { interval: 1_000, timeout: 500 } });
  app.implement(counting, (peer, { resumed = false }) => {
    log.push(resumed ? "resumed" : "begun");
    return {
      say: (n) => {
        heard.push(n);
        peer.send("told", n);
      },
    };
  });
  const net = testNetwork(app);
  const client = connect(counting, { url: "ws://test", WebSocket: net.WebSocket });
  const told: number[] = [];
  client.on("told", (n) => told.push(n));
  client.onReset(({ reason: why }) => log.push(`reset: ${why}`));
  return { net, client, heard, told, log };
}

/** Lets time pass until the condition holds; ten minutes later it fails with what it says. */
async function until(condition: () => void): Promise<void> {
  for (const end = Date.now() + 600_000; Date.now() < end; await vi.advanceTimersByTimeAsync(50)) {
    try {
      return condition();
    } catch {} // not yet
  }
  condition();
}

test("when only the client learns that the connection broke, its session is taken over from the ghost", async () => {
  const { net, client, heard, log } = set();
  const first = client.send("say", 1);
  await until(() => expect(heard).toEqual([1]));
  await first;
  net.drop("client");
  client.send("say", 2);
  await until(() => expect(heard).toEqual([1, 2]));
  expect(log).toEqual(["begun"]);
  client.close();
});

test("when only the server learns it, the client finds out by silence", async () => {
  const { net, client, heard, told } = set();
  client.send("say", 1);
  await until(() => expect(told).toEqual([1]));
  net.drop("server");
  client.send("say", 2);
  await until(() => expect(told).toEqual([1, 2]));
  expect(heard).toEqual([1, 2]);
  client.close();
});

test("while the network stalls nothing arrives, and then everything does", async () => {
  const { net, client, heard } = set();
  await until(() => expect(client.status.value.state).toBe("connecting"));
  const flow = net.stall();
  client.send("say", 1);
  await vi.advanceTimersByTimeAsync(400);
  expect(heard).toEqual([]);
  flow();
  flow();
  await until(() => expect(heard).toEqual([1]));
  client.close();
});

test("a storm is the same for the same seed, and nothing is lost, doubled or out of order in it", async () => {
  const run = async (seed: number) => {
    const { net, client, heard, told } = set();
    let losses = 0;
    client.status.subscribe(({ state: is }) => (losses += is === "waiting" ? 1 : 0));
    const calm = net.chaos({ seed, cut: 0.1 });
    for (let n = 0; n < 100; n += 1) {
      client.send("say", n);
      if (n % 10 === 0) await vi.advanceTimersByTimeAsync(100);
    }
    await until(() => expect(told.length).toBe(100));
    calm();
    client.close();
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    expect(heard).toEqual(numbers);
    expect(told).toEqual(numbers);
    return losses;
  };
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  const losses = await run(7);
  expect(losses).toBeGreaterThan(1);
  expect(await run(7)).toBe(losses);
  vi.restoreAllMocks();
});

test("a server that restarts has forgotten who was there", async () => {
  const { net, client, heard, log } = set();
  client.send("say", 1);
  await until(() => expect(heard).toEqual([1]));
  await net.restart();
  client.send("say", 2);
  await until(() => expect(heard).toEqual([1, 2]));
  expect(log).toEqual(["begun", "begun", "reset: unknown"]);
  client.close();
});

test("but not where it has a store", async () => {
  const { net, client, heard, told, log } = set(memoryStore());
  let handled = false;
  void client.send("say", 1).then(() => (handled = true));
  await until(() => expect(handled).toBe(true));
  await net.restart();
  client.send("say", 2);
  await until(() => expect(told).toEqual([1, 2]));
  expect(heard).toEqual([1, 2]);
  expect(log).toEqual(["begun", "resumed"]);
  client.close();
});
