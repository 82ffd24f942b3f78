import type { Codec } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { bytes } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { expect, test } from "vitest";
import { serveApp } from "./harness.ts";

/** As much of MessagePack as the tests need: whole numbers to 127, strings to 31 letters, arrays and maps to 15 entries. */
const messagePack: Codec<unknown> = {
  type: "binary",
  encode: (value) => Uint8Array.from(packed(value)),
  decode: async (message) => unpacked((await bytes.decode(message)).values()),
};

function packed(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (typeof value === "string") return [0xa0 + value.length, ...Buffer.from(value)];
  if (Array.isArray(value)) return [0x90 + value.length, ...value.flatMap(packed)];
  const entries = Object.entries(Object(value));
  return [0x80 + entries.length, ...entries.flat().flatMap(packed)];
}

function unpacked(rest: Iterator<number>): unknown {
  const head = rest.next().value as number; // the tests send whole values
  if (head < 0x80) return head;
  const some = <Value>(count: number, next: () => Value): Value[] => Array.from({ length: count }, next);
  if (head >= 0xa0) return String.fromCharCode(...some(head - 0xa0, () => rest.next().value as number));
  if (head >= 0x90) return some(head - 0x90, () => unpacked(rest));
  return Object.fromEntries(some(head - 0x80, () => [unpacked(rest), unpacked(rest)]));
}

test("seeds › 12 speaks MessagePack by a codec of the app's own, both ways [rows 15, 16]", async () => {
  const heard = new BoundedQueue<unknown>();
  const app = createApp({ socket: { receive: messagePack, send: messagePack } });
  app.ws("/", async (socket) => {
    heard.push(await socket.receive());
    await socket.send({ ok: [1, 2] });
  });
  const client = await (await serveApp(app)).open("/");
  client.send(new Uint8Array([0x81, 0xa1, 0x61, 0x07]));
  expect(await heard.pull()).toEqual({ a: 7 });
  expect(await client.next()).toEqual(new Uint8Array([0x81, 0xa2, 0x6f, 0x6b, 0x92, 1, 2]));
});

test("seeds › 16 ends a loop over MessagePack quietly when the client leaves [rows 15, 21]", async () => {
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app.ws("/", { receive: messagePack, send: messagePack }, async (socket) => {
    for await (const value of socket) await socket.send([value]);
    log.push("the loop ended");
  });
  const client = await (await serveApp(app)).open("/");
  client.send(new Uint8Array([0x05]));
  expect(await client.next()).toEqual(new Uint8Array([0x91, 0x05]));
  await client.close(1000);
  expect(await log.pull()).toBe("the loop ended");
});
