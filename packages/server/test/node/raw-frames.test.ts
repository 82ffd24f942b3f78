/** The frames of raw routes on a real wire, and how connections end. */
import { once } from "node:events";
import { binary, json, text } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { createApp, listen } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { expect, test } from "vitest";
import { z } from "zod";
import { closePayload, opcodes, connectRawClient, rawFrame } from "./raw-client.ts";

test("empty text and binary messages are sent and received", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/", {}, rawFrame(opcodes.text), rawFrame(opcodes.binary));
  for (const opcode of [opcodes.text, opcodes.binary])
    expect(await client.frame()).toMatchObject({ opcode, payload: Buffer.alloc(0) });
});

test("JSON is compact and unescaped in a text frame, and the same bytes in a binary one", async () => {
  const app = createApp();
  app.ws(
    "/text",
    { receive: json(), send: json() },
    listen((value) => ({ message: value })),
  );
  app.ws(
    "/binary",
    { receive: binary(json()), send: binary(json()) },
    listen((value) => ({ message: value })),
  );
  await using server = await serve(app, { port: 0 });
  for (const [path, opcode] of [
    ["/text", opcodes.text],
    ["/binary", opcodes.binary],
  ] as const) {
    using client = await connectRawClient(server.port);
    await client.open(path, {}, rawFrame(opcode, '{ "test": "数据" }'));
    const frame = await client.frame();
    expect([frame.opcode, frame.payload.toString()]).toEqual([opcode, '{"message":{"test":"数据"}}']);
  }
});

test("a listener drops messages of the other kind, and closes with 1003 for a message that its schema rejects", async () => {
  const app = createApp({ onError: () => {} });
  app.ws(
    "/lines",
    { receive: text },
    listen((line) => line),
  );
  app.ws(
    "/numbers",
    { receive: json(z.number()) },
    listen((n) => n),
  );
  await using server = await serve(app, { port: 0 });
  using lines = await connectRawClient(server.port);
  await lines.open("/lines", {}, rawFrame(opcodes.binary, "dropped"), rawFrame(opcodes.text, "kept"));
  expect(await lines.text()).toBe("kept");
  using numbers = await connectRawClient(server.port);
  await numbers.open("/numbers", {}, rawFrame(opcodes.text, '"three"'));
  expect(await numbers.closeFrame()).toEqual([1003, "unsupported data"]);
});

test.each(["closes", "is cut"])("a generator is returned when the connection %s", async (how) => {
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app.ws("/", async function* (socket) {
    try {
      yield "tick";
      await once(socket.signal, "abort");
      yield "not sent";
      log.push("never");
    } finally {
      log.push("returned");
      log.push((await socket.closed).code);
    }
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/");
  expect(await client.text()).toBe("tick");
  if (how === "closes") client.write(rawFrame(opcodes.close, closePayload(4001, "bye")));
  else client.reset();
  expect([await log.pull(), await log.pull()]).toEqual(["returned", how === "closes" ? 4001 : 1006]);
});

test("a message for a generator that does not read closes with 1003 and a reason", async () => {
  const app = createApp();
  app.ws("/", async function* (socket) {
    yield "tick";
    await socket.closed;
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/", {}, rawFrame(opcodes.text, "hello?"));
  expect(await client.text()).toBe("tick");
  expect(await client.closeFrame()).toEqual([1003, "this route only sends: it does not read messages"]);
});
