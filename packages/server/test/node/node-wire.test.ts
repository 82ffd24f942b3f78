import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type Closed, CloseError } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { attach, serve } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { gate, valueGate } from "../gate.ts";
import { connectRawClient, handshake, opcodes, parseFrames, rawFrame } from "./raw-client.ts";

const numbers = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at));

test("messages in the same packet as the handshake are kept while a hook decides, and arrive in order", async () => {
  const called = gate();
  const decided = gate();
  const app = createApp();
  const slow = app.group(async () => {
    called.open();
    await decided.passed;
  });
  slow.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  const answer = client.open("/echo", {}, ...numbers(100).map((one) => rawFrame(opcodes.text, one)));
  await called.passed;
  decided.open();
  expect((await answer).status).toBe(101);
  for (const one of numbers(100)) expect(await client.text()).toBe(one);
});

test("the wire keeps messages that arrive before it has a listener, and loses none of many", async () => {
  const listen = gate();
  const app = createApp({ limits: { messagesPerSecond: 100_000 } });
  app.ws("/echo", async (socket) => {
    await socket.accept();
    await listen.passed;
    for await (const message of socket) await socket.send(message);
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/echo", {}, ...numbers(500).map((one) => rawFrame(opcodes.text, one)));
  listen.open();
  for (const one of numbers(500)) expect(await client.text()).toBe(one);
});

test("messages that a handler sends in one tick leave the process in one write", async () => {
  const app = createApp();
  app.ws("/three", async (socket) => {
    await socket.receive();
    for (const one of ["1", "2", "3"]) void socket.send(one);
    await socket.closed;
  });
  const server = createServer();
  const attached = attach(server, app);
  server.listen(0);
  await once(server, "listening");
  const connected = once(server, "connection");
  using client = await connectRawClient((server.address() as AddressInfo).port);
  const [socket] = (await connected) as [NodeJS.WritableStream];
  await client.open("/three");
  const write = vi.spyOn(socket, "write");
  client.write(rawFrame(opcodes.text, "go"));
  for (const one of ["1", "2", "3"]) expect(await client.text()).toBe(one);
  expect(write).toHaveBeenCalledTimes(1);
  const closed = attached.close();
  client.socket.destroy();
  await closed;
  server.close();
});

test("a close frame does not overtake messages that were sent before it", async () => {
  const app = createApp();
  app.ws("/bye", async (socket) => {
    await socket.accept();
    for (const one of numbers(20)) void socket.send(one);
    socket.close(4000, "enough");
    void socket.send("too late");
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/bye");
  for (const one of numbers(20)) expect(await client.text()).toBe(one);
  expect(await client.closeFrame()).toEqual([4000, "enough"]);
  client.write(rawFrame(opcodes.close));
  expect(await client.rest()).toHaveLength(0);
});

test("the close frame that answers a client's is the last frame on the wire", async () => {
  const app = createApp();
  app.ws("/busy", async (socket) => {
    socket.signal.addEventListener("abort", () => void socket.send("after the end"));
    for await (const message of socket) void socket.send(message);
    void socket.send("after the loop");
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/busy");
  client.write(
    rawFrame(opcodes.text, "1"),
    rawFrame(opcodes.text, "2"),
    rawFrame(opcodes.close, Buffer.from([0x03, 0xe8])),
  );
  const frames = parseFrames(await client.rest());
  expect(frames.map(({ opcode }) => opcode).indexOf(opcodes.close)).toBe(frames.length - 1);
});

test("text arrives as a string, and bytes as bytes, both ways", async () => {
  const received: unknown[] = [];
  const app = createApp();
  app.ws("/kinds", async (socket) => {
    for await (const message of socket) {
      received.push(message);
      await socket.send(message);
    }
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/kinds");
  client.write(rawFrame(opcodes.text, "é"), rawFrame(opcodes.binary, new Uint8Array([0, 255])));
  expect(await client.frame()).toMatchObject({ opcode: opcodes.text, payload: Buffer.from("é") });
  expect(await client.frame()).toMatchObject({ opcode: opcodes.binary, payload: Buffer.from([0, 255]) });
  expect(received).toStrictEqual(["é", new Uint8Array([0, 255])]);
});

test("the fragments of a message arrive as one message", async () => {
  const app = createApp();
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/echo");
  client.write(
    rawFrame(opcodes.text, "in ", { fin: false }),
    rawFrame(opcodes.continuation, "two", { fin: true }),
  );
  expect(await client.text()).toBe("in two");
});

test("an awaited send waits while the client does not read, so that the process buffers little", async () => {
  const chunk = "x".repeat(128 * 1024);
  const stalled = gate();
  let most = 0;
  const app = createApp();
  app.ws("/flood", async (socket) => {
    await socket.receive();
    for (let at = 0; at < 200; at += 1) {
      const sent = socket.send(chunk);
      most = Math.max(most, socket.bufferedAmount);
      if (socket.bufferedAmount > 0) stalled.open();
      await sent;
    }
    socket.close(1000, "all of it");
  });
  await using server = await serve(app, { port: 0 });
  const client = new WebSocket(`ws://localhost:${server.port}/flood`);
  let received = 0;
  client.on("message", (data: Buffer) => (received += data.length));
  await once(client, "open");
  client.pause();
  client.send("go");
  await stalled.passed;
  client.resume();
  expect(await once(client, "close")).toEqual([1000, Buffer.from("all of it")]);
  expect(received).toBe(200 * chunk.length);
  expect(most).toBeLessThan(3 * chunk.length);
});

test("a send that waits for a client to read fails when the client disconnects", async () => {
  const chunk = "x".repeat(128 * 1024);
  const stalled = gate();
  const ended = valueGate<unknown>();
  const app = createApp();
  app.ws("/flood", async (socket) => {
    try {
      for (;;) {
        const sent = socket.send(chunk);
        if (socket.bufferedAmount > 0) stalled.open();
        await sent;
      }
    } catch (error) {
      ended.open(error);
    }
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  client.write(handshake("/flood"));
  await stalled.passed;
  client.reset();
  expect(await ended.passed).toBeInstanceOf(CloseError);
});

test("a handler that reads slowly slows its client down, and loses no message", async () => {
  const count = 2_000;
  const go = gate();
  const app = createApp({ limits: { messagesPerSecond: 100_000 } });
  app.ws("/slow", async (socket) => {
    await socket.accept();
    await go.passed;
    let next = 0;
    for await (const message of socket) {
      if (message !== String(next)) throw new CloseError(4000, `expected ${next}`);
      next += 1;
      if (next === count) return;
    }
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/slow");
  client.write(...numbers(count).map((one) => rawFrame(opcodes.text, one)));
  go.open();
  expect(await client.closeFrame()).toEqual([1000, ""]);
});

test("a silent client gets a ping, and the connection ends without a close frame when it does not answer", async () => {
  const clock = new Clock();
  const ended = valueGate<Closed>();
  const app = createApp({ clock });
  app.ws("/quiet", async (socket) => {
    await socket.accept();
    ended.open(await socket.closed);
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/quiet");
  clock.advance(25_000);
  expect(await client.frame()).toMatchObject({ opcode: opcodes.ping, payload: Buffer.alloc(0) });
  clock.advance(10_000);
  expect(await client.rest()).toHaveLength(0);
  expect(await ended.passed).toEqual({ code: 1006, reason: "", wasClean: false });
});

test("a client that answers each ping stays connected", async () => {
  const clock = new Clock();
  const app = createApp({ clock });
  app.ws("/quiet", async (socket) => {
    await socket.accept();
    await socket.closed;
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/quiet");
  for (let round = 0; round < 3; round += 1) {
    clock.advance(25_000);
    expect((await client.frame()).opcode).toBe(opcodes.ping);
    // The server has read the pong when it answers the client's own ping.
    client.write(rawFrame(opcodes.pong), rawFrame(opcodes.ping, String(round)));
    expect(await client.frame()).toMatchObject({ opcode: opcodes.pong, payload: Buffer.from(String(round)) });
    clock.advance(10_000);
  }
});

test("a ping does not overtake messages that were sent before it", async () => {
  const clock = new Clock();
  const app = createApp({ clock });
  app.ws("/busy", async (socket) => {
    await socket.accept();
    void socket.send("first");
    clock.advance(25_000);
    await socket.closed;
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/busy");
  expect(await client.text()).toBe("first");
  expect((await client.frame()).opcode).toBe(opcodes.ping);
});
