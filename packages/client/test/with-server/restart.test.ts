import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@symbolon/client";
import { contract, request, stream } from "@symbolon/protocol";
import { type App, createApp } from "@symbolon/server";
import { fileStore } from "@symbolon/server/file";
import { testNetwork } from "@symbolon/server/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { slow, waitOptions } from "../../../../test/time-limits.ts";
import { socketsOf } from "./moving-client.ts";

const numbers = contract("/numbers", {
  client: {
    post: z.number(),
    double: request({ input: z.number(), output: z.number() }),
    up: stream({ input: z.number(), output: z.number() }),
  },
  server: { posted: z.number() },
});

/** A server with a store in files; `addRoutes` runs at each start. Its `WebSocket` connects to the running server. */
async function startRestartableServer(addRoutes: (app: App) => void) {
  const directory = await mkdtemp(join(tmpdir(), "symbolon-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const start = async () => {
    const store = await fileStore({ directory });
    const app = createApp({ store });
    addRoutes(app);
    return { app, store, net: testNetwork(app) };
  };
  let server = await start();
  const stop = async (): Promise<void> => {
    await server.app.end();
    await server.store.close();
  };
  const restart = async (): Promise<void> => {
    await stop();
    server = await start();
  };
  return { stop, restart, WebSocket: socketsOf(() => server.net) };
}

test("a session and its calls continue after a restart", slow, async () => {
  const handled: number[] = [];
  const resumed: unknown[] = [];
  let sendPosted: (n: number) => unknown = () => {};
  const { restart, WebSocket } = await startRestartableServer((app) => {
    app.implement(numbers, (peer, context) => {
      resumed.push(context.resumed);
      sendPosted = (n) => peer.send("posted", n);
      return {
        post: (n) => void handled.push(n),
        double: (n) => new Promise<number>((resolve) => setTimeout(resolve, 20, 2 * n)),
        up: async function* (n) {
          for (let i = 0; i < n; i += 1) {
            await new Promise(setImmediate);
            yield i;
          }
        },
      };
    });
  });
  const client = connect(numbers, { url: "ws://test", WebSocket });
  onTestFinished(() => client.close());
  const received: number[] = [];
  client.on("posted", (n) => received.push(n));
  client.onReset(({ reason }) => received.push(NaN, reason as never));
  await client.send("post", 1);
  const items: number[] = [];
  const reading = (async () => {
    for await (const item of client.stream("up", 100_000)) items.push(item);
  })().catch((error: unknown) => error);
  sendPosted(1);
  sendPosted(2);
  client.send("post", 2);
  const reply = client.request("double", 21);
  await vi.waitFor(() => expect(items.length).toBeGreaterThan(20), waitOptions);
  await restart();
  client.send("post", 3);
  expect(await reply).toBe(42);
  await vi.waitFor(() => expect(resumed).toEqual([undefined, true]), waitOptions);
  sendPosted(3);
  await client.send("post", 4);
  expect(await reading).toMatchObject({ code: "INTERRUPTED" });
  await vi.waitFor(() => expect(received).toEqual([1, 2, 3]), waitOptions);
  expect(handled).toEqual([1, 2, 3, 4]);
});

/** Lets a server send the numbers from 1 to `count` just before it restarts; returns what the client received. */
async function receiveAcrossRestart(count: number): Promise<readonly unknown[]> {
  const { stop, restart, WebSocket } = await startRestartableServer((app) => {
    app.implement(numbers, (peer, { resumed = false }) => {
      if (resumed) peer.send("posted", 0);
      return {
        post: (n) => {
          for (let posted = 1; posted <= n; posted += 1) peer.send("posted", posted);
        },
        double: (n) => 2 * n,
        up: () => [],
      };
    });
  });
  const client = connect(numbers, { url: "ws://test", WebSocket });
  onTestFinished(() => client.close());
  const received: unknown[] = [];
  const complete = new Promise<void>((resolve) => {
    client.onReset(({ reason }) => {
      received.push(reason);
      resolve();
    });
    client.on("posted", (n) => {
      received.push(n);
      if (n === 0) resolve();
    });
  });
  await client.send("post", count);
  await restart();
  await complete;
  await stop();
  return received;
}

test("messages that the server sent before it stopped arrive after its restart", async () => {
  expect(await receiveAcrossRestart(10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0]);
});

test("messages beyond the credit of the client are lost in a restart, and the client gets a reset", async () => {
  const received = await receiveAcrossRestart(600);
  const granted = received.indexOf("overflow");
  expect(received.slice(0, granted)).toEqual(Array.from({ length: granted }, (_, index) => index + 1));
  expect(received.slice(granted)).toEqual(["overflow"]);
});
