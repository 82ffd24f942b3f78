import { connect } from "@symbolon/client";
import { contract, request, stream } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { Clock, testClient } from "@symbolon/server/testing";
import { expect, test } from "vitest";
import { z } from "zod";

const counting = contract("/counting", {
  client: {
    say: z.number(),
    double: request({ input: z.number(), output: z.number() }),
    up: stream({ input: z.number(), output: z.number() }),
  },
  server: { told: z.number() },
});

test("smoke", async () => {
  const app = createApp({ clock: new Clock() });
  const heard: number[] = [];
  const changes: string[] = [];
  let tell: (n: number) => unknown = () => {};
  app.implement(counting, (peer) => {
    peer.watch(({ is }) => changes.push(is));
    tell = (n) => peer.send("told", n);
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
    };
  });
  const net = testClient(app);
  const client = connect(counting, { url: "ws://test", WebSocket: net.WebSocket as never });
  const told: number[] = [];
  client.on("told", (n) => told.push(n));
  await client.send("say", 1);
  const items: number[] = [];
  const reading = (async () => {
    for await (const item of client.stream("up", 200)) items.push(item);
  })();
  const answers: Promise<number>[] = [];
  for (let round = 0; round < 5; round += 1) {
    tell(round * 2);
    client.send("say", round * 2 + 2);
    answers.push(client.request("double", round));
    await new Promise(setImmediate);
    net.drop();
    tell(round * 2 + 1);
    client.send("say", round * 2 + 3);
    await new Promise<void>((resolve) => {
      console.log("dropped", JSON.stringify(client.status.value), heard, told, items.length);
      const stop = client.status.watch(({ is, resumed }) => {
        if (is === "open") {
          expect(resumed).toBe(true);
          stop();
          resolve();
        }
      });
    });
  }
  await client.send("say", 100);
  await reading;
  expect(await Promise.all(answers)).toEqual([0, 2, 4, 6, 8]);
  expect(heard).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 100]);
  expect(told).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(items).toEqual(Array.from({ length: 200 }, (_, i) => i));
  client.close();
  await net.settled();
  expect(changes.at(-1)).toBe("ended");
  expect(net.errors).toEqual([]);
}, 30000);
