/** Clients that ask for values without end, and read none of them. */
import { once } from "node:events";
import { contract, stream } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { WebSocket } from "ws";
import { connectFrameClient } from "../contract/frame-client.ts";

const itemBytes = 60 * 1024;
/** The bytes of an item with those of a stamp: its frame has fewer. */
const frameBytes = itemBytes + 64;
const asks = [
  '{"t":"stream","q":1,"name":"items","data":null}',
  '{"t":"credit","q":1,"n":1000000000,"b":1000000000000}',
];
const calls = contract("/calls", {
  client: { items: stream({ input: z.null(), output: z.unknown() }) },
  server: {},
});

/** Serves items without end. Counts those that were asked for, and how often one was encoded. */
async function serveItems() {
  const counts = { items: 0, encodings: 0 };
  const buffered = { bytes: () => 0 };
  function* items() {
    for (;;) {
      counts.items += 1;
      const text = `${counts.items} `.padEnd(itemBytes, "x");
      const toJSON = (): string => {
        counts.encodings += 1;
        return text;
      };
      yield { toJSON };
    }
  }
  const app = createApp();
  app.ws("/items", async (socket) => {
    await socket.accept();
    buffered.bytes = () => socket.bufferedAmount;
    await socket.pipe(items());
  });
  app.implement(calls, () => ({ items }));
  return { server: await serve(app, { port: 0 }), counts, buffered };
}

/** Runs turns of the event loop until items have been asked for, and no more are. */
async function untilIdle(counts: { readonly items: number }): Promise<void> {
  for (let idle = 0, before = 0; idle < 100; before = counts.items) {
    await new Promise((resolve) => setImmediate(resolve));
    idle = before > 0 && before === counts.items ? idle + 1 : 0;
  }
}

test("a session sends 1 MiB of a stream to a client that acknowledges nothing, and makes one text and one frame of each item", async () => {
  const { server, counts } = await serveItems();
  const { socket, send } = await connectFrameClient(server.port);
  const encode = vi.spyOn(TextEncoder.prototype, "encode");
  const concat = vi.spyOn(Buffer, "concat");
  const allocate = vi.spyOn(Buffer, "allocUnsafe");
  send(...asks);
  socket.pause();
  await untilIdle(counts);
  const frames = allocate.mock.calls.filter(([bytes]) => bytes >= itemBytes);
  const copies = [encode.mock.calls.length, concat.mock.calls.length];
  vi.restoreAllMocks();
  const items = Math.ceil(2 ** 20 / frameBytes);
  expect([counts, frames.length, copies]).toEqual([{ items, encodings: items }, items, [0, 0]]);
  socket.terminate();
  await server.close();
});

test("a raw client that reads nothing is sent what its socket takes, and the items of two batches", async () => {
  const { server, counts, buffered } = await serveItems();
  const concat = vi.spyOn(Buffer, "concat");
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/items`);
  await once(socket, "upgrade");
  socket.pause();
  await untilIdle(counts);
  const copies = concat.mock.calls.length;
  vi.restoreAllMocks();
  expect([counts.encodings, copies]).toEqual([counts.items, 0]);
  expect(buffered.bytes()).toBeLessThanOrEqual(2 * frameBytes);
  socket.terminate();
  await server.close();
});

test("a plain client that reads nothing is sent what its socket takes: each item is encoded once, and no frame is copied", async () => {
  const { server, counts } = await serveItems();
  const concat = vi.spyOn(Buffer, "concat");
  const { socket, send } = await connectFrameClient(server.port, { plain: true });
  socket.pause();
  send(...asks);
  await untilIdle(counts);
  const copies = concat.mock.calls.length;
  vi.restoreAllMocks();
  expect([counts.encodings, copies]).toEqual([counts.items, 0]);
  socket.terminate();
  await server.close();
});
