import { once } from "node:events";
import { contract } from "@symbolon/protocol";
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { serve, type Server } from "../../src/node/index.ts";
import { waitOptions } from "../../../../test/time-limits.ts";

const counting = contract("/counting", { client: { post: z.number() }, server: { posted: z.number() } });

let server: Server | undefined;
afterEach(() => server?.close());

const isRising = (numbers: readonly number[]): boolean =>
  numbers.every((n, at) => n > (numbers[at - 1] ?? 0));

test("a plain client receives messages at most once and in order; the server does not resend messages of a lost connection", async () => {
  const app = createApp();
  const handled: number[] = [];
  const senders: ((n: number) => unknown)[] = [];
  let ended = 0;
  app.implement(counting, function* (peer) {
    senders.push((n) => peer.send("posted", n));
    try {
      yield { post: (n) => void handled.push(n) };
    } finally {
      ended += 1;
    }
  });
  server = await serve(app, { port: 0, host: "127.0.0.1" });
  const { url } = server;
  const connect = async () => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/counting`);
    const received: number[] = [];
    socket.on("message", (message: Buffer) => {
      received.push((JSON.parse(message.toString()) as { data: number }).data);
    });
    await once(socket, "open");
    const post = (n: number): void => socket.send(`{"t":"event","name":"post","data":${n}}`);
    return { socket, received, post };
  };

  const first = await connect();
  await vi.waitUntil(() => senders.length === 1, waitOptions);
  for (let n = 1; n <= 100; n += 1) {
    first.post(n);
    senders[0]?.(n);
  }
  await vi.waitUntil(() => handled.length > 0 && first.received.length > 0, waitOptions);
  first.socket.terminate();
  senders[0]?.(101);
  await vi.waitUntil(() => ended === 1, waitOptions);

  const second = await connect();
  await vi.waitUntil(() => senders.length === 2, waitOptions);
  for (let n = 102; n <= 200; n += 1) {
    second.post(n);
    senders[1]?.(n);
  }
  await vi.waitUntil(() => handled.includes(200) && second.received.includes(200), waitOptions);
  second.socket.close();
  expect([isRising(handled), isRising(first.received)]).toEqual([true, true]);
  expect(second.received).toEqual(Array.from({ length: 99 }, (_, at) => at + 102));
  expect(handled.filter((n) => n > 100)).toEqual(second.received);
});
