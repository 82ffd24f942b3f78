import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@symbolon/client";
import { contract, request, stream } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { fileStore } from "@symbolon/server/file";
import { testNetwork } from "@symbolon/server/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";

const counting = contract("/counting", {
  client: {
    say: z.number(),
    double: request({ input: z.number(), output: z.number() }),
    up: stream({ input: z.number(), output: z.number() }),
  },
  server: { told: z.number() },
});

test("a session goes on after a restart", async () => {
  const directory = await mkdtemp(join(tmpdir(), "symbolon-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const heard: number[] = [];
  const resumed: unknown[] = [];
  let tell: (n: number) => unknown = () => {};
  async function start() {
    const store = await fileStore({ directory });
    const app = createApp({ store });
    app.implement(counting, (peer, context) => {
      resumed.push(context.resumed);
      tell = (n) => peer.send("told", n);
      return {
        say: (n) => void heard.push(n),
        double: (n) => new Promise<number>((resolve) => setTimeout(resolve, 20, 2 * n)),
        up: async function* (n) {
          for (let i = 0; i < n; i += 1) {
            await new Promise(setImmediate);
            yield i;
          }
        },
      };
    });
    return { app, store, net: testNetwork(app) };
  }
  let server = await start();
  const Switch = class {
    constructor(url: string, protocols: string[]) {
      return new server.net.WebSocket(url, protocols);
    }
  };
  const client = connect(counting, { url: "ws://test", WebSocket: Switch as never });
  onTestFinished(() => client.close());
  const told: number[] = [];
  client.on("told", (n) => told.push(n));
  client.onReset(({ reason: why }) => told.push(NaN, why as never));
  await client.send("say", 1);
  const items: number[] = [];
  const reading = (async () => {
    for await (const item of client.stream("up", 100_000)) items.push(item);
  })().catch((error: unknown) => error);
  tell(1);
  tell(2);
  client.send("say", 2);
  const answer = client.request("double", 21);
  await vi.waitFor(() => expect(items.length).toBeGreaterThan(20));
  await server.app.end();
  await server.store.close?.();
  server = await start();
  client.send("say", 3);
  expect(await answer).toBe(42);
  await vi.waitFor(() => expect(resumed).toEqual([undefined, true]), 10_000);
  tell(3);
  await client.send("say", 4);
  expect(await reading).toMatchObject({ code: "INTERRUPTED" });
  await vi.waitFor(() => expect(told).toEqual([1, 2, 3]));
  expect(heard).toEqual([1, 2, 3, 4]);
}, 20_000);
