import { connect } from "@symbolon/client";
import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { memoryStore, type Store } from "@symbolon/server/store";
import { testNetwork } from "@symbolon/server/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";

const numbers = contract("/numbers", { client: { post: z.number() }, server: { posted: z.number() } });

// The timers of the client and of the server's clock.
beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Connects a client and a server over a test network, and records the numbers that each receives. */
function connectClient(store?: Store) {
  const handled: number[] = [];
  const log: string[] = [];
  const app = createApp({ ...(store && { store }), heartbeat: { interval: 1_000, timeout: 500 } });
  app.implement(numbers, (peer, { resumed = false }) => {
    log.push(resumed ? "resumed" : "started");
    return {
      post: (n) => {
        handled.push(n);
        peer.send("posted", n);
      },
    };
  });
  const net = testNetwork(app);
  const client = connect(numbers, { url: "ws://test", WebSocket: net.WebSocket });
  const received: number[] = [];
  client.on("posted", (n) => received.push(n));
  client.onReset(({ reason }) => log.push(`reset: ${reason}`));
  return { net, client, handled, received, log };
}

/** Advances the time until the assertion passes. Fails with its error after ten minutes. */
async function eventually(assertion: () => void): Promise<void> {
  for (const end = Date.now() + 600_000; Date.now() < end; await vi.advanceTimersByTimeAsync(50)) {
    try {
      return assertion();
    } catch {} // try again later
  }
  assertion();
}

test("a client whose server does not detect that the connection broke resumes its session", async () => {
  const { net, client, handled, log } = connectClient();
  const first = client.send("post", 1);
  await eventually(() => expect(handled).toEqual([1]));
  await first;
  net.drop("client");
  client.send("post", 2);
  await eventually(() => expect(handled).toEqual([1, 2]));
  expect(log).toEqual(["started"]);
  client.close();
});

test("a client detects a connection that only the server closed by its silence", async () => {
  const { net, client, handled, received } = connectClient();
  client.send("post", 1);
  await eventually(() => expect(received).toEqual([1]));
  net.drop("server");
  client.send("post", 2);
  await eventually(() => expect(received).toEqual([1, 2]));
  expect(handled).toEqual([1, 2]);
  client.close();
});

test("messages arrive after the network has stalled", async () => {
  const { net, client, handled } = connectClient();
  await eventually(() => expect(client.status.value.state).toBe("connecting"));
  const endStall = net.stall();
  client.send("post", 1);
  await vi.advanceTimersByTimeAsync(400);
  expect(handled).toEqual([]);
  endStall();
  endStall();
  await eventually(() => expect(handled).toEqual([1]));
  client.close();
});

test("chaos with the same seed is the same, and no message is lost, doubled or out of order", async () => {
  const run = async (seed: number) => {
    const { net, client, handled, received } = connectClient();
    let disconnects = 0;
    client.status.subscribe(({ state }) => (disconnects += state === "waiting" ? 1 : 0));
    const endChaos = net.chaos({ seed, cut: 0.1 });
    for (let n = 0; n < 100; n += 1) {
      client.send("post", n);
      if (n % 10 === 0) await vi.advanceTimersByTimeAsync(100);
    }
    await eventually(() => expect(received.length).toBe(100));
    endChaos();
    client.close();
    const expected = Array.from({ length: 100 }, (_, n) => n);
    expect(handled).toEqual(expected);
    expect(received).toEqual(expected);
    return disconnects;
  };
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  const disconnects = await run(7);
  expect(disconnects).toBeGreaterThan(1);
  expect(await run(7)).toBe(disconnects);
  vi.restoreAllMocks();
});

test("a server without a store loses its sessions in a restart", async () => {
  const { net, client, handled, log } = connectClient();
  client.send("post", 1);
  await eventually(() => expect(handled).toEqual([1]));
  await net.restart();
  client.send("post", 2);
  await eventually(() => expect(handled).toEqual([1, 2]));
  expect(log).toEqual(["started", "started", "reset: unknown"]);
  client.close();
});

test("a server with a store keeps its sessions in a restart", async () => {
  const { net, client, handled, received, log } = connectClient(memoryStore());
  let acknowledged = false;
  void client.send("post", 1).then(() => (acknowledged = true));
  await eventually(() => expect(acknowledged).toBe(true));
  await net.restart();
  client.send("post", 2);
  await eventually(() => expect(received).toEqual([1, 2]));
  expect(handled).toEqual([1, 2]);
  expect(log).toEqual(["started", "resumed"]);
  client.close();
});
