import { contract } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { expect, test } from "vitest";
import { z } from "zod";
import { flushPromises } from "../flush-promises.ts";
import { gate } from "../gate.ts";
import { closePayload, opcodes, connectRawClient, rawFrame } from "./raw-client.ts";

/** More bytes than a system buffers for a client that does not read. */
const chunk = "x".repeat(32 * 1024 * 1024);
const chunks = contract("/contract", { client: { go: z.null() }, server: { chunk: z.string() } });
const go = rawFrame(opcodes.text, JSON.stringify({ t: "event", name: "go", data: null }));

type SendChunk = () => PromiseLike<void>;

/** An app whose two routes call `handle` with a way to send once the client has sent a message. */
function createSendingApp(handle: (sendChunk: SendChunk) => unknown) {
  const app = createApp();
  app.ws("/raw", async (socket) => {
    await socket.receive();
    await handle(() => socket.send(chunk));
  });
  app.implement(chunks, (peer) => ({ go: () => handle(() => peer.send("chunk", chunk)) }));
  return app;
}

test.each(["/raw", "/contract"])(
  "at %s, a send that waits while the client disconnects fails",
  async (path) => {
    const stalled = gate();
    const outcome = new BoundedQueue<unknown>();
    const app = createSendingApp(async (sendChunk) => {
      const sent = sendChunk();
      stalled.open();
      outcome.push(await Promise.resolve(sent).catch((error: unknown) => error));
    });
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    await client.open(path);
    client.write(go);
    await stalled.passed;
    client.reset();
    expect(await outcome.pull()).toMatchObject({ name: "CloseError", code: 1006 });
  },
);

test.each(["/raw", "/contract"])("at %s, a send after the client has closed fails", async (path) => {
  const outcome = new BoundedQueue<unknown>();
  const app = createSendingApp(async (sendChunk) => {
    await flushPromises(); // the close frame of the same packet is read by then
    outcome.push(await Promise.resolve(sendChunk()).catch((error: unknown) => error));
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open(path);
  client.write(go, rawFrame(opcodes.close, closePayload(1000)));
  expect(await client.closeFrame()).toEqual([1000, ""]);
  client.socket.destroy();
  expect(await outcome.pull()).toMatchObject({ name: "CloseError", code: 1000 });
});

test.each(["/raw", "/contract"])("at %s, a send while the server shuts down fails", async (path) => {
  const called = gate();
  const closing = gate();
  const outcome = new BoundedQueue<unknown>();
  const app = createSendingApp(async (sendChunk) => {
    called.open();
    await closing.passed;
    outcome.push(await Promise.resolve(sendChunk()).catch((error: unknown) => error));
  });
  const server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open(path);
  client.write(go);
  await called.passed;
  const closed = server.close();
  closing.open();
  expect(await client.closeFrame()).toEqual([1001, "shutting down"]);
  client.write(rawFrame(opcodes.close, closePayload(1001)));
  expect(await outcome.pull()).toMatchObject({ name: "CloseError", code: 1001 });
  client.socket.destroy();
  await closed;
});
