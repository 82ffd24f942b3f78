import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { CloseError, createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { expect, test } from "vitest";
import { covers } from "./covers.ts";
import { connectClient, connectRaw, serveApp } from "./harness.ts";

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
    .group(async ({ request }) => {
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
    .group(function* () {
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
    .group(function* () {
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
