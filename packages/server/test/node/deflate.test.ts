/** The option `perMessageDeflate` (RFC 7692). */
import { once } from "node:events";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { type Closed, contract, type Message } from "@symbolon/protocol";
import { BoundedQueue, SUBPROTOCOL } from "@symbolon/protocol/internal";
import { type AppOptions, createApp } from "@symbolon/server";
import { attach, serve, type ServeOptions } from "@symbolon/server/node";
import { expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { waitOptions } from "../../../../test/time-limits.ts";
import { valueGate } from "../gate.ts";
import { connectRawClient, opcodes, rawFrame, type RawFrame } from "./raw-client.ts";
import { createEchoApp, startHost } from "./test-host.ts";

const offer = { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" };
const text = "the same words again and again, ".repeat(64); // 2 KiB

/** The payload of a compressed message (RFC 7692 §7.2.1). */
function deflate(bytes: string | Uint8Array): Buffer {
  return deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

function inflate({ payload }: RawFrame): string {
  return inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 255, 255])]), {
    finishFlush: constants.Z_SYNC_FLUSH,
  }).toString();
}

function serveEcho(options: ServeOptions, app: AppOptions = {}) {
  return serve(createEchoApp("/echo", app), { port: 0, ...options });
}

test("nothing is compressed by default, and a compressed frame is an error", async () => {
  await using server = await serveEcho({});
  using client = await connectRawClient(server.port);
  expect((await client.open("/echo", offer)).headers.get("sec-websocket-extensions")).toBeNull();
  client.write(rawFrame(opcodes.text, deflate(text), { rsv: 4 }));
  expect((await client.closeFrame())[0]).toBe(1002);
});

test("a message is compressed from 1,024 bytes on, without the context of an earlier one", async () => {
  await using server = await serveEcho({ perMessageDeflate: true });
  using client = await connectRawClient(server.port);
  const { headers } = await client.open("/echo", offer);
  expect(headers.get("sec-websocket-extensions")).toBe(
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
  );
  for (let round = 0; round < 2; round += 1) {
    client.write(rawFrame(opcodes.text, deflate(text), { rsv: 4 }), rawFrame(opcodes.text, "short"));
    const frame = await client.frame();
    expect([frame.rsv, frame.opcode, inflate(frame)]).toEqual([4, opcodes.text, text]);
    expect(frame.size).toBeLessThan(100);
    expect(await client.frame()).toMatchObject({ rsv: 0, payload: Buffer.from("short") });
  }
});

test("a client that does not offer it receives plain frames", async () => {
  await using server = await serveEcho({ perMessageDeflate: true });
  using client = await connectRawClient(server.port);
  await client.open("/echo");
  client.write(rawFrame(opcodes.text, text));
  expect(await client.frame()).toMatchObject({ rsv: 0, payload: Buffer.from(text) });
});

test("what compression would make longer is sent as it is", async () => {
  await using server = await serveEcho({ perMessageDeflate: { threshold: 1 } });
  using client = await connectRawClient(server.port);
  await client.open("/echo", offer);
  client.write(rawFrame(opcodes.binary, new Uint8Array([7])));
  expect(await client.frame()).toMatchObject({ rsv: 0, payload: Buffer.from([7]) });
});

test("the replies arrive at a client of `ws` in the order of its messages, under attach too", async () => {
  using host = await startHost();
  attach(host.server, createEchoApp(), { perMessageDeflate: { threshold: 10 } });
  const client = new WebSocket(`ws://localhost:${host.port}/echo`, { perMessageDeflate: { threshold: 10 } });
  await once(client, "open");
  const sent = Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? `${n}` : `${n} ${text}`));
  const received: string[] = [];
  client.on("message", (data: Buffer) => received.push(data.toString()));
  for (const message of sent) client.send(message);
  client.close(1000);
  await once(client, "close");
  expect(client.extensions).toBe("permessage-deflate");
  expect(received).toEqual(sent);
});

test("a bomb, which is small on the wire and large in memory, closes with 1009 and reaches no handler", async () => {
  const handled: Message[] = [];
  const ended = valueGate<Closed>();
  const app = createApp();
  app.ws("/", async (socket) => {
    for await (const message of socket) handled.push(message);
    ended.open(await socket.closed);
  });
  await using server = await serve(app, { port: 0, perMessageDeflate: true });
  using client = await connectRawClient(server.port);
  await client.open("/", offer);
  const bomb = deflate(new Uint8Array(2 ** 25));
  expect(bomb.length).toBeLessThan(2 ** 16); // `maxPayload`
  client.write(rawFrame(opcodes.binary, bomb, { rsv: 4 }));
  expect((await client.closeFrame())[0]).toBe(1009);
  client.socket.end();
  await ended.passed;
  expect(handled).toEqual([]);
});

test("a bomb in fragments closes with 1009 too", async () => {
  await using server = await serveEcho({ perMessageDeflate: true });
  using client = await connectRawClient(server.port);
  await client.open("/echo", offer);
  const bomb = deflate(new Uint8Array(2 ** 18));
  const parts = [bomb.subarray(0, 100), bomb.subarray(100)];
  client.write(
    rawFrame(opcodes.binary, parts[0], { rsv: 4, fin: false }),
    rawFrame(opcodes.continuation, parts[1]),
  );
  expect((await client.closeFrame())[0]).toBe(1009);
});

test("a threshold that is not a number of bytes is a RangeError", async () => {
  await expect(serveEcho({ perMessageDeflate: { threshold: -1 } })).rejects.toThrow(RangeError);
});

test.each(["permessage-deflate; x", "permessage-deflate; client_max_window_bits=99", ","])(
  "an offer that `ws` refuses (%s) is answered with 400, is reported, and leaves nothing behind",
  async (extensions) => {
    const reported = new BoundedQueue<unknown>();
    const ended = new BoundedQueue<string>();
    const app = createApp({ handshake: { pending: 1 }, onError: (error) => reported.push(error) });
    const hooked = app.group(function* ({ route }) {
      try {
        yield;
      } finally {
        ended.push(route);
      }
    });
    hooked.ws("/echo", (socket) => socket.accept());
    hooked.implement(contract("/notes", {}), () => ({}));
    await using server = await serve(app, { port: 0, perMessageDeflate: true });
    const offers = { "Sec-WebSocket-Extensions": extensions };
    using raw = await connectRawClient(server.port);
    expect((await raw.open("/echo", offers)).status).toBe(400);
    expect(await ended.pull()).toBe("/echo");
    using session = await connectRawClient(server.port);
    const { status } = await session.open("/notes", { ...offers, "Sec-WebSocket-Protocol": SUBPROTOCOL });
    expect(status).toBe(400);
    const refusal = { kind: "handshake", message: "refused with 400: Sec-WebSocket-Extensions is invalid" };
    expect([await reported.pull(), await reported.pull()]).toMatchObject([refusal, refusal]);
    await vi.waitFor(() => expect(app.gauges().pendingHandshakes).toBe(0), waitOptions);
  },
);
