import { once } from "node:events";
import { contract, json, text } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { serve, type Server } from "@symbolon/server/node";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { gate, valueGate } from "../gate.ts";
import { closePayload, handshake, opcodes, connectRawClient, rawFrame } from "./raw-client.ts";

const crashes: unknown[] = [];
const crashed = (error: unknown): void => void crashes.push(error);

beforeAll(() => void process.on("uncaughtException", crashed).on("unhandledRejection", crashed));
afterAll(() => void process.off("uncaughtException", crashed).off("unhandledRejection", crashed));
afterEach(() => {
  if (crashes.length > 0) throw new AggregateError(crashes.splice(0), "the process would have ended");
});

/** An app with an echo at /echo, and a view whose hook records its end. */
function createEchoApp() {
  const ends: string[] = [];
  const ended = gate();
  const errors: unknown[] = [];
  const app = createApp({ onError: (error) => void errors.push(error) });
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  const view = app.group(function* () {
    try {
      yield;
    } finally {
      ends.push("hook");
      ended.open();
    }
  });
  return { app, view, ends, ended: ended.passed, errors };
}

/** Checks that another client gets its echo. */
async function expectEcho(server: Server): Promise<void> {
  const client = new WebSocket(`ws://localhost:${server.port}/echo`);
  await once(client, "open");
  client.send("still working?");
  expect(String((await once(client, "message"))[0])).toBe("still working?");
  client.close();
  await once(client, "close");
}

// S14, S17
const { text: TEXT, binary: BINARY, close: CLOSE, ping: PING, continuation: MORE } = opcodes;

// S14, S16, S17
test.each<[number, string, Buffer]>([
  [1009, "a message over the limit", rawFrame(TEXT, "x".repeat(65_537))],
  [
    1009,
    "fragments that are over the limit together",
    Buffer.concat([rawFrame(TEXT, "x".repeat(40_000), { fin: false }), rawFrame(MORE, "x".repeat(40_000))]),
  ],
  [1009, "a length of 2^62", Buffer.from([0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])],
  [
    1009,
    "a length of 2^64 - 1",
    Buffer.from([0x82, 0xff, ...Array.from({ length: 8 }, () => 0xff), 1, 2, 3, 4]),
  ],
  [1002, "an unmasked frame", rawFrame(TEXT, "hi", { masked: false })],
  [1002, "RSV1 without an extension", rawFrame(TEXT, "hi", { rsv: 4 })],
  [1002, "RSV2", rawFrame(TEXT, "hi", { rsv: 2 })],
  [1002, "RSV3", rawFrame(TEXT, "hi", { rsv: 1 })],
  [1002, "a reserved opcode", rawFrame(3, "hi")],
  [1002, "a reserved control opcode", rawFrame(11, "hi")],
  [1002, "a ping in fragments", rawFrame(PING, "hi", { fin: false })],
  [1002, "a ping of 126 bytes", rawFrame(PING, "x".repeat(126))],
  [1002, "a continuation without a first fragment", rawFrame(MORE, "hi")],
  [
    1002,
    "a new message inside another",
    Buffer.concat([rawFrame(TEXT, "a", { fin: false }), rawFrame(TEXT, "b")]),
  ],
  [1002, "a close frame of one byte", rawFrame(CLOSE, "x")],
  [1002, "close code 1005", rawFrame(CLOSE, closePayload(1005))],
  [1002, "close code 1006", rawFrame(CLOSE, closePayload(1006))],
  [1002, "close code 999", rawFrame(CLOSE, closePayload(999))],
  [1002, "close code 5000", rawFrame(CLOSE, closePayload(5000))],
  [1007, "a text that is not UTF-8", rawFrame(TEXT, new Uint8Array([0xc3, 0x28]))],
  [1007, "a text that ends within a character", rawFrame(TEXT, new Uint8Array([0xe2, 0x82]))],
  [1007, "a close reason that is not UTF-8", rawFrame(CLOSE, closePayload(1000, new Uint8Array([0xff])))],
  [
    1008,
    "too many empty fragments",
    Buffer.concat([
      rawFrame(TEXT, "", { fin: false }),
      ...Array.from({ length: 20_000 }, () => rawFrame(MORE, "", { fin: false })),
    ]),
  ],
])(
  "the server closes with %i for %s; the hooks end, and the server still works",
  async (code, _case, bytes) => {
    const { app, view, ended, errors } = createEchoApp();
    view.ws("/view", async (socket) => {
      for await (const message of socket) await socket.send(message);
    });
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    await client.open("/view");
    client.write(bytes);
    expect((await client.closeFrame())[0]).toBe(code);
    client.socket.destroy();
    await ended;
    expect(errors).toEqual([]);
    await expectEcho(server);
  },
);

// S14
test("a message of maxPayload bytes is received, and a larger one closes with 1009", async () => {
  const app = createApp({ maxPayload: 10 });
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/echo");
  client.write(rawFrame(TEXT, "0123456789"));
  expect(await client.text()).toBe("0123456789");
  client.write(rawFrame(TEXT, "0123456789x"));
  expect((await client.closeFrame())[0]).toBe(1009);
});

test.each([
  ["a binary message where the route reads text", { receive: text }, rawFrame(BINARY, "hi")],
  ["a message that is not JSON", { receive: json() }, rawFrame(TEXT, "{")],
  ["JSON of another shape", { receive: json(z.object({ a: z.number() })) }, rawFrame(TEXT, '{"a":"1"}')],
])("%s closes a raw socket with 1003, without its text in the reason", async (_case, options, bytes) => {
  const { app, view, ended } = createEchoApp();
  view.ws("/typed", options, async (socket) => {
    for await (const message of socket) void message;
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/typed");
  client.write(bytes);
  expect(await client.closeFrame()).toEqual([1003, "unsupported data"]);
  client.write(rawFrame(CLOSE, closePayload(1003)));
  await ended;
  await expectEcho(server);
});

// S18
test.each([
  ["a message that is not JSON", rawFrame(TEXT, "{")],
  ["an array", rawFrame(TEXT, "[]")],
  ["a binary message", rawFrame(BINARY, "{}")],
  ["an unknown kind", rawFrame(TEXT, '{"t":"constructor"}')],
  ["a prototype", rawFrame(TEXT, '{"t":"event","name":"x","__proto__":{"polluted":1}}')],
  ["deep nesting", rawFrame(TEXT, "[".repeat(30_000))],
])(
  "a plain client of a contract that sends %s gets three errors, and is then closed with 1008",
  async (_case, bytes) => {
    const { app } = createEchoApp();
    app.implement(contract("/contract", { client: { x: z.object({}) } }), () => ({ x: () => {} }));
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    await client.open("/contract");
    client.write(bytes, bytes, bytes);
    for (let count = 0; count < 3; count += 1)
      expect(JSON.parse(await client.text())).toMatchObject({ t: "error", code: "BAD_FRAME" });
    expect((await client.closeFrame())[0]).toBe(1008);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    client.socket.destroy();
    await expectEcho(server);
  },
);

test.each(["reset", "end"] as const)(
  "a client that disconnects by %s while a hook decides: the hooks end, and the server still works",
  async (how) => {
    const called = gate();
    const decided = gate();
    const { app, view, ends, ended } = createEchoApp();
    const connection = gate();
    view
      .group(async () => {
        called.open();
        await decided.passed;
      })
      .ws("/slow", async (socket) => {
        connection.open();
        await socket.accept();
        await socket.closed;
      });
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    client.write(handshake("/slow"));
    await called.passed;
    if (how === "reset") client.reset();
    else client.socket.end();
    await expectEcho(server);
    decided.open();
    await connection.passed;
    await ended;
    expect(ends).toEqual(["hook"]);
    await expectEcho(server);
  },
);

// CVE-2024-38355
test("a client that is reset in the middle of a message: the socket ends with 1006, and the server still works", async () => {
  const { app, view, ended } = createEchoApp();
  const closed = valueGate<unknown>();
  view.ws("/view", async (socket) => {
    await socket.accept();
    closed.open(await socket.closed);
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/view");
  client.write(rawFrame(TEXT, "half of it").subarray(0, 9));
  client.reset();
  expect(await closed.passed).toEqual({ code: 1006, reason: "", wasClean: false });
  await ended;
  await expectEcho(server);
});

test("bytes that are not HTTP are answered with 400, and the server still works", async () => {
  const { app } = createEchoApp();
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  client.write("\0\0\0 nonsense\r\n\r\n");
  expect((await client.response()).status).toBe(400);
  await expectEcho(server);
});
