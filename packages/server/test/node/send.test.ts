import { contract } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { expect, test } from "vitest";
import { z } from "zod";
import { closePayload, gate, opcodes, rawClient, rawFrame } from "./raw-client.ts";

/** More than any system keeps for a client that does not read. */
const chunk = "x".repeat(32 * 1024 * 1024);
const talk = contract("/contract", { client: { go: z.null() }, server: { chunk: z.string() } });
const go = rawFrame(opcodes.text, JSON.stringify({ t: "event", name: "go", data: null }));

type Say = () => PromiseLike<void>;

/** An app whose two routes hand `said` a way to send, once the client has asked for it. */
function saying(said: (say: Say) => unknown) {
  const app = createApp();
  app.ws("/raw", async (socket) => {
    await socket.receive();
    await said(() => socket.send(chunk));
  });
  app.implement(talk, (peer) => ({ go: () => said(() => peer.send("chunk", chunk)) }));
  return app;
}

test.each(["/raw", "/contract"])(
  "at %s, what waits for room when the client is lost has failed",
  async (path) => {
    const stalled = gate();
    const outcome = new BoundedQueue<unknown>();
    const app = saying(async (say) => {
      const sent = say();
      stalled.pass();
      outcome.push(await Promise.resolve(sent).catch((error: unknown) => error));
    });
    await using server = await serve(app, { port: 0 });
    using client = await rawClient(server.port);
    await client.open(path);
    client.write(go);
    await stalled.passed;
    client.reset();
    expect(await outcome.pull()).toMatchObject({ name: "CloseError", code: 1006 });
  },
);

test.each(["/raw", "/contract"])("at %s, what is said once the client has closed fails", async (path) => {
  const outcome = new BoundedQueue<unknown>();
  const app = saying(async (say) => {
    await new Promise(setImmediate); // the close frame, which came in the same write, was read
    outcome.push(await Promise.resolve(say()).catch((error: unknown) => error));
  });
  await using server = await serve(app, { port: 0 });
  using client = await rawClient(server.port);
  await client.open(path);
  client.write(go, rawFrame(opcodes.close, closePayload(1000)));
  expect(await client.close()).toEqual([1000, ""]);
  client.socket.destroy();
  expect(await outcome.pull()).toMatchObject({ name: "CloseError", code: 1000 });
});

test.each(["/raw", "/contract"])("at %s, what is said while the server shuts down fails", async (path) => {
  const asked = gate();
  const closing = gate();
  const outcome = new BoundedQueue<unknown>();
  const app = saying(async (say) => {
    asked.pass();
    await closing.passed;
    outcome.push(await Promise.resolve(say()).catch((error: unknown) => error));
  });
  const server = await serve(app, { port: 0 });
  using client = await rawClient(server.port);
  await client.open(path);
  client.write(go);
  await asked.passed;
  const closed = server.close();
  closing.pass();
  expect(await client.close()).toEqual([1001, "shutting down"]);
  client.write(rawFrame(opcodes.close, closePayload(1001)));
  expect(await outcome.pull()).toMatchObject({ name: "CloseError", code: 1001 });
  client.socket.destroy();
  await closed;
});
