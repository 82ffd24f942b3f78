import { BoundedQueue } from "@symbolon/protocol/internal";
import { createApp } from "@symbolon/server";
import { Clock } from "@symbolon/server/testing";
import { expect, test } from "vitest";
import { opcodes, rawFrame } from "../../packages/server/test/node/raw-client.ts";
import { covers } from "./covers.ts";
import { connectClient, connectRaw, serveApp } from "./harness.ts";

test("the server answers a ping without the handler", async () => {
  covers({ case: 81, rows: [70, 73] });
  const app = createApp();
  app.ws("/", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  const client = await connectClient(app, "/");
  client.send("before");
  expect(await client.receive()).toBe("before");
  expect(await client.ping("ping payload")).toBe("ping payload");
  client.send("after");
  expect(await client.receive()).toBe("after");
});

test("the server closes with 1007 for invalid UTF-8, and with 1002 for an unmasked frame", async () => {
  covers({ case: 82, rows: [73] });
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    await socket.receive().catch(() => {});
  });
  const server = await serveApp(app);
  const [invalidText, unmasked] = [await server.connectRaw(), await server.connectRaw()];
  await invalidText.open("/", {}, rawFrame(opcodes.text, new Uint8Array([0xff])));
  expect(await invalidText.closeFrame()).toEqual([1007, expect.any(String)]);
  await unmasked.open("/", {}, rawFrame(opcodes.text, "hello", { masked: false }));
  expect(await unmasked.closeFrame()).toEqual([1002, expect.any(String)]);
});

test("the server closes with 1001 when the client sends nothing for too long", async () => {
  covers({ case: 83, rows: [72] });
  const clock = new Clock();
  const app = createApp({ clock });
  app.ws("/", { idleTimeout: 200 }, async (socket) => {
    await socket.send("send me something");
    await socket.receive();
  });
  const client = await connectClient(app, "/");
  expect(await client.receive()).toBe("send me something");
  clock.advance(200);
  expect(await client.closed).toMatchObject({ code: 1001, wasClean: true });
});

test("the server keeps a client connected that sends in time", async () => {
  covers({ case: 84, rows: [72] });
  const clock = new Clock();
  const app = createApp({ clock, socket: { idleTimeout: 500 } });
  app.ws("/", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  const client = await connectClient(app, "/");
  for (const message of ["one", "two", "three"]) {
    client.send(message);
    expect(await client.receive()).toBe(message);
    clock.advance(499);
  }
  clock.advance(1);
  expect(await client.closed).toMatchObject({ code: 1001 });
});

test("the server pings a silent client, and terminates the connection if it does not answer", async () => {
  covers({ rows: [73] });
  const outcomes = new BoundedQueue<unknown>();
  const clock = new Clock();
  const app = createApp({ clock, heartbeat: { interval: 25_000, timeout: 10_000 } });
  app.ws("/", async (socket) => {
    await socket.send("hello");
    outcomes.push(await socket.closed);
  });
  const raw = await connectRaw(app);
  await raw.open("/");
  expect(await raw.text()).toBe("hello");
  clock.advance(25_000);
  expect(await raw.frame()).toMatchObject({ opcode: opcodes.ping });
  clock.advance(10_000);
  expect(await outcomes.pull()).toMatchObject({ code: 1006, wasClean: false });
});

test("the server closes with 1009 for a message above the limit", async () => {
  covers({ rows: [73] });
  const app = createApp({ maxPayload: 10 });
  app.ws("/", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  const raw = await connectRaw(app);
  await raw.open("/", {}, rawFrame(opcodes.text, "0123456789"));
  expect(await raw.text()).toBe("0123456789");
  raw.write(rawFrame(opcodes.text, "0123456789a"));
  expect(await raw.closeFrame()).toEqual([1009, expect.any(String)]);
});

test("a sender waits for a client that reads slowly", async () => {
  covers({ rows: [73] });
  const app = createApp();
  const chunk = new Uint8Array(65_536);
  app.ws("/", async (socket) => {
    let maxBuffered = 0;
    for (let n = 0; n < 256; n += 1) {
      const sent = socket.send(chunk);
      maxBuffered = Math.max(maxBuffered, socket.bufferedAmount);
      await sent;
    }
    await socket.send({ maxBuffered });
  });
  const client = await connectClient(app, "/");
  for (let n = 0; n < 256; n += 1) expect(await client.receive()).toHaveLength(chunk.length);
  const { maxBuffered } = JSON.parse(String(await client.receive())) as { maxBuffered: number };
  expect(maxBuffered).toBeLessThan(16 * chunk.length);
});
