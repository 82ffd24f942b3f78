import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { CloseError, createApp } from "@symbolon/server";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { expect, test } from "vitest";
import { opcodes, rawFrame } from "../../packages/server/test/node/raw-client.ts";
import { connectClient, connectRaw, serveApp } from "./harness.ts";
import { covers } from "./covers.ts";

test("the server closes with a code", async () => {
  covers({ case: 67, rows: [24] });
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    socket.close(1001);
  });
  const client = await connectClient(app, "/");
  expect(await client.closed).toEqual({ code: 1001, reason: "", wasClean: true });
});

test("the server closes with a code and a reason", async () => {
  covers({ case: 68, rows: [24] });
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    socket.close(1001, "Going Away");
  });
  const client = await connectClient(app, "/");
  expect(await client.closed).toEqual({ code: 1001, reason: "Going Away", wasClean: true });
});

test("the server closes after the messages it sent before", async () => {
  covers({ case: 69, rows: [24] });
  const app = createApp();
  app.ws("/", (socket) => {
    socket.send("the last message");
    socket.close(1000);
  });
  const client = await connectClient(app, "/");
  expect(await client.receive()).toBe("the last message");
  expect(await client.closed).toMatchObject({ code: 1000 });
});

test("`close` throws for a code that must not be sent, and cuts a reason to the size that fits", async () => {
  covers({ rows: [24] });
  const caught = new BoundedQueue<unknown>();
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    try {
      socket.close(1006);
    } catch (error) {
      caught.push(error);
    }
    socket.close(4000, "é".repeat(100));
  });
  const client = await connectClient(app, "/");
  expect(await client.closed).toEqual({ code: 4000, reason: "é".repeat(61), wasClean: true });
  expect(await caught.pull()).toBeInstanceOf(RangeError);
});

test("the handler gets the code and reason with which the client closed", async () => {
  covers({ rows: [22] });
  const { app, outcomes } = receivingApp();
  const client = await connectClient(app, "/");
  await client.close(4001, "bye");
  const error = await outcomes.pull();
  expect(error).toBeInstanceOf(CloseError);
  expect(error).toMatchObject({ code: 4001, reason: "bye", wasClean: true });
});

test("the handler gets 1005 when the client closed without a code", async () => {
  covers({ case: 71, rows: [22] });
  const { app, outcomes } = receivingApp();
  const client = await connectClient(app, "/");
  await client.close();
  expect(await outcomes.pull()).toMatchObject({ code: 1005, reason: "", wasClean: true });
});

test("the handler gets 1006 when the connection broke", async () => {
  covers({ case: 72, rows: [22] });
  const { app, outcomes } = receivingApp();
  const client = await connectClient(app, "/");
  client.terminate();
  expect(await outcomes.pull()).toMatchObject({ code: 1006, wasClean: false });
});

test("a handler that awaits something else sees the end of the connection at once", async () => {
  covers({ case: 73, rows: [22, 23] });
  const log = new BoundedQueue<unknown>();
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    await once(socket.signal, "abort");
    log.push(socket.signal.reason);
    log.push(await socket.send("late").then(undefined, (error: unknown) => error));
  });
  const client = await connectClient(app, "/");
  await client.close(4001, "bye");
  expect(await log.pull()).toMatchObject({ code: 4001, reason: "bye" });
  expect(await log.pull()).toBeInstanceOf(CloseError);
});

test("a hook that is still deciding sees that the client disconnected", async () => {
  covers({ rows: [23] });
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app
    .use(async ({ request }) => {
      log.push("deciding");
      await once(request.signal, "abort");
      log.push("aborted");
    })
    .ws("/", (socket) => socket.accept());
  const raw = await connectRaw(app);
  void raw.open("/").catch(() => {});
  expect(await log.pull()).toBe("deciding");
  raw.reset();
  expect(await log.pull()).toBe("aborted");
});

test("the members of a room receive a notice when a client disconnects", async () => {
  covers({ case: 74, rows: [28, 29, 30] });
  const app = createApp();
  app.ws("/:id", async (socket, { params: { id }, room }) => {
    await socket.accept();
    const chat = room("chat");
    chat.join(socket);
    await socket.send("joined");
    await socket.closed;
    chat.send(`Client #${id} disconnected`, { except: socket });
  });
  const server = await serveApp(app);
  const [remaining, disconnecting] = [await server.connect("/1234"), await server.connect("/5678")];
  expect([await remaining.receive(), await disconnecting.receive()]).toEqual(["joined", "joined"]);
  await disconnecting.close();
  expect(await remaining.receive()).toBe("Client #5678 disconnected");
});

test("the handler ends when the test's socket goes out of scope", async () => {
  covers({ case: 76, rows: [67] });
  const { app, outcomes } = receivingApp();
  {
    await using _socket = await testNetwork(app).connect("/");
  }
  expect(await outcomes.pull()).toMatchObject({ code: 1000 });
});

test("the connection ends when the handler does, although the client sends nothing", async () => {
  covers({ case: 77, rows: [20] });
  const log = new BoundedQueue<unknown>();
  const app = createApp();
  app
    .use(function* () {
      yield;
      log.push("the hook ended");
    })
    .ws("/", async (socket) => {
      await socket.accept();
      log.push("the handler ended");
    });
  const client = await connectClient(app, "/");
  expect(await client.closed).toMatchObject({ code: 1000 });
  expect([await log.pull(), await log.pull()]).toEqual(["the handler ended", "the hook ended"]);
});

test("a wait that the client's disconnect cancels is not an error", async () => {
  covers({ case: 78, rows: [23] });
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app
    .use(function* () {
      yield;
      log.push("the hook ended");
    })
    .ws("/", async (socket) => {
      await socket.accept();
      await sleep(3_600_000, undefined, { signal: socket.signal });
      log.push("the handler continued");
    });
  const client = await connectClient(app, "/");
  await client.close();
  expect(await log.pull()).toBe("the hook ended");
});

test("the server closes with 1001 when it shuts down", async () => {
  covers({ case: 79, rows: [73] });
  const { app, outcomes } = receivingApp();
  const server = await serveApp(app);
  const client = await server.connect("/");
  await server.close();
  expect(await client.closed).toEqual({ code: 1001, reason: "shutting down", wasClean: true });
  expect(await outcomes.pull()).toMatchObject({ code: 1001 });
});

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
  const { app } = receivingApp();
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

/** An app that receives one message, and the outcomes of its `receive`. */
function receivingApp() {
  const outcomes = new BoundedQueue<unknown>();
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    outcomes.push(await socket.receive().catch((error: unknown) => error));
  });
  return { app, outcomes };
}
