import type { Codec } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { bytes } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { expect, test } from "vitest";
import { covers } from "./covers.ts";
import { connectClient } from "./harness.ts";

/** The part of MessagePack that the tests need: whole numbers to 127, strings of 31 characters, arrays and maps of 15 entries. */
const messagePack: Codec<unknown> = {
  type: "binary",
  encode: (value) => Uint8Array.from(packValue(value)),
  decode: async (message) => unpackValue((await bytes.decode(message)).values()),
};

function packValue(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (typeof value === "string") return [0xa0 + value.length, ...Buffer.from(value)];
  if (Array.isArray(value)) return [0x90 + value.length, ...value.flatMap(packValue)];
  const entries = Object.entries(Object(value));
  return [0x80 + entries.length, ...entries.flat().flatMap(packValue)];
}

function unpackValue(rest: Iterator<number>): unknown {
  const head = rest.next().value as number; // the tests send whole values
  if (head < 0x80) return head;
  const times = <Value>(count: number, next: () => Value): Value[] => Array.from({ length: count }, next);
  if (head >= 0xa0) return String.fromCharCode(...times(head - 0xa0, () => rest.next().value as number));
  if (head >= 0x90) return times(head - 0x90, () => unpackValue(rest));
  return Object.fromEntries(times(head - 0x80, () => [unpackValue(rest), unpackValue(rest)]));
}

test("a codec of the app reads and writes MessagePack", async () => {
  covers({ case: 12, rows: [15, 16] });
  const received = new BoundedQueue<unknown>();
  const app = createApp({ socket: { receive: messagePack, send: messagePack } });
  app.ws("/", async (socket) => {
    received.push(await socket.receive());
    await socket.send({ ok: [1, 2] });
  });
  const client = await connectClient(app, "/");
  client.send(new Uint8Array([0x81, 0xa1, 0x61, 0x07]));
  expect(await received.pull()).toEqual({ a: 7 });
  expect(await client.receive()).toEqual(new Uint8Array([0x81, 0xa2, 0x6f, 0x6b, 0x92, 1, 2]));
});

test("a loop over MessagePack ends without an error when the client disconnects", async () => {
  covers({ case: 16, rows: [15, 21] });
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app.ws("/", { receive: messagePack, send: messagePack }, async (socket) => {
    for await (const value of socket) await socket.send([value]);
    log.push("the loop ended");
  });
  const client = await connectClient(app, "/");
  client.send(new Uint8Array([0x05]));
  expect(await client.receive()).toEqual(new Uint8Array([0x91, 0x05]));
  await client.close(1000);
  expect(await log.pull()).toBe("the loop ended");
});
