import { once } from "node:events";
import { contract } from "@symbolon/protocol";
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { serve, type Server } from "../../src/node/index.ts";
import { waitOptions } from "../../../../test/time-limits.ts";

const counting = contract("/counting", { client: { say: z.number() }, server: { told: z.number() } });

let server: Server | undefined;
afterEach(() => server?.close());

const isRising = (numbers: readonly number[]): boolean =>
  numbers.every((n, at) => n > (numbers[at - 1] ?? 0));

test("a plain client gets at most once, in order per connection: what a broken one has lost is not said again", async () => {
  const app = createApp();
  const handled: number[] = [];
  const tells: ((n: number) => unknown)[] = [];
  let left = 0;
  app.implement(counting, function* (peer) {
    tells.push((n) => peer.send("told", n));
    try {
      yield { say: (n) => void handled.push(n) };
    } finally {
      left += 1;
    }
  });
  server = await serve(app, { port: 0, host: "127.0.0.1" });
  const { url } = server;
  const open = async () => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/counting`);
    const heard: number[] = [];
    socket.on("message", (message: Buffer) => {
      heard.push((JSON.parse(message.toString()) as { data: number }).data);
    });
    await once(socket, "open");
    const say = (n: number): void => socket.send(`{"t":"event","name":"say","data":${n}}`);
    return { socket, heard, say };
  };

  const first = await open();
  await vi.waitUntil(() => tells.length === 1, waitOptions);
  for (let n = 1; n <= 100; n += 1) {
    first.say(n);
    tells[0]?.(n);
  }
  await vi.waitUntil(() => handled.length > 0 && first.heard.length > 0, waitOptions);
  first.socket.terminate();
  tells[0]?.(101);
  await vi.waitUntil(() => left === 1, waitOptions);

  const second = await open();
  await vi.waitUntil(() => tells.length === 2, waitOptions);
  for (let n = 102; n <= 200; n += 1) {
    second.say(n);
    tells[1]?.(n);
  }
  await vi.waitUntil(() => handled.includes(200) && second.heard.includes(200), waitOptions);
  second.socket.close();
  expect([isRising(handled), isRising(first.heard)]).toEqual([true, true]);
  expect(second.heard).toEqual(Array.from({ length: 99 }, (_, at) => at + 102));
  expect(handled.filter((n) => n > 100)).toEqual(second.heard);
});
