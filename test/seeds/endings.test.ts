import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { CloseError, createApp } from "@symbolon/server";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { expect, test } from "vitest";
import { opcodes, rawFrame } from "../../packages/server/test/node/raw-client.ts";
import { serveApp } from "./harness.ts";

test("seeds › 67 closes with a code [rows 24]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    socket.close(1001);
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.closed).toEqual({ code: 1001, reason: "", wasClean: true });
});

test("seeds › 68 closes with a code and a reason [rows 24]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    socket.close(1001, "Going Away");
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.closed).toEqual({ code: 1001, reason: "Going Away", wasClean: true });
});

test("seeds › 69 closes after what was sent [rows 24]", async () => {
  const app = createApp();
  app.ws("/", (socket) => {
    socket.send("last words");
    socket.close(1000);
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.next()).toBe("last words");
  expect(await client.closed).toMatchObject({ code: 1000 });
});

test("seeds › row 24 throws at a code that may not be sent, and cuts a reason to what fits", async () => {
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
  const client = await (await serveApp(app)).open("/");
  expect(await client.closed).toEqual({ code: 4000, reason: "é".repeat(61), wasClean: true });
  expect(await caught.pull()).toBeInstanceOf(RangeError);
});

test("seeds › row 22 tells the handler the code and reason with which the client closed", async () => {
  const { app, ends } = receiving();
  const client = await (await serveApp(app)).open("/");
  await client.close(4001, "bye");
  const error = await ends.pull();
  expect(error).toBeInstanceOf(CloseError);
  expect(error).toMatchObject({ code: 4001, reason: "bye", wasClean: true });
});

test("seeds › 71 tells the handler 1005 when the client gave no code [rows 22]", async () => {
  const { app, ends } = receiving();
  const client = await (await serveApp(app)).open("/");
  await client.close();
  expect(await ends.pull()).toMatchObject({ code: 1005, reason: "", wasClean: true });
});

test("seeds › 72 tells the handler 1006 when the connection was cut [rows 22]", async () => {
  const { app, ends } = receiving();
  const client = await (await serveApp(app)).open("/");
  client.cut();
  expect(await ends.pull()).toMatchObject({ code: 1006, wasClean: false });
});

test("seeds › 73 tells a handler that awaits something else, at once [rows 22, 23]", async () => {
  const log = new BoundedQueue<unknown>();
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    await once(socket.signal, "abort");
    log.push(socket.signal.reason);
    log.push(await socket.send("late").then(undefined, (error: unknown) => error));
  });
  const client = await (await serveApp(app)).open("/");
  await client.close(4001, "bye");
  expect(await log.pull()).toMatchObject({ code: 4001, reason: "bye" });
  expect(await log.pull()).toBeInstanceOf(CloseError);
});

test("seeds › row 23 tells a hook that decides when the client leaves", async () => {
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app
    .use(async ({ request }) => {
      log.push("deciding");
      await once(request.signal, "abort");
      log.push("told");
    })
    .ws("/", (socket) => socket.accept());
  const raw = await (await serveApp(app)).raw();
  void raw.open("/").catch(() => {});
  expect(await log.pull()).toBe("deciding");
  raw.reset();
  expect(await log.pull()).toBe("told");
});

test("seeds › 74 tells a room who left [rows 28, 29, 30]", async () => {
  const app = createApp();
  app.ws("/:id", async (socket, { params: { id }, room }) => {
    await socket.accept();
    const chat = room("chat");
    chat.join(socket);
    await socket.send("joined");
    await socket.closed;
    chat.send(`Client #${id} left the chat`, { except: socket });
  });
  const site = await serveApp(app);
  const [stays, leaves] = [await site.open("/1234"), await site.open("/5678")];
  expect([await stays.next(), await leaves.next()]).toEqual(["joined", "joined"]);
  await leaves.close();
  expect(await stays.next()).toBe("Client #5678 left the chat");
});

test("seeds › 76 releases a blocked handler when a test's socket goes out of scope [rows 67]", async () => {
  const { app, ends } = receiving();
  {
    await using _socket = await testNetwork(app).connect("/");
  }
  expect(await ends.pull()).toMatchObject({ code: 1000 });
});

test("seeds › 77 is done when the handler is, though the client says nothing [rows 20]", async () => {
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
  const client = await (await serveApp(app)).open("/");
  expect(await client.closed).toMatchObject({ code: 1000 });
  expect([await log.pull(), await log.pull()]).toEqual(["the handler ended", "the hook ended"]);
});

test("seeds › 78 takes the cancellation of a wait by the client's leave for no failure [rows 23]", async () => {
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
      log.push("the handler slept on");
    });
  const client = await (await serveApp(app)).open("/");
  await client.close();
  expect(await log.pull()).toBe("the hook ended");
});

test("seeds › 79 closes with 1001 when the server shuts down [rows 73]", async () => {
  const { app, ends } = receiving();
  const site = await serveApp(app);
  const client = await site.open("/");
  await site.close();
  expect(await client.closed).toEqual({ code: 1001, reason: "shutting down", wasClean: true });
  expect(await ends.pull()).toMatchObject({ code: 1001 });
});

test("seeds › 81 answers a ping without the handler [rows 70, 73]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  const client = await (await serveApp(app)).open("/");
  client.send("before");
  expect(await client.next()).toBe("before");
  expect(await client.ping("are you there?")).toBe("are you there?");
  client.send("after");
  expect(await client.next()).toBe("after");
});

test("seeds › 82 closes with 1007 for bad UTF-8, and with 1002 for an unmasked frame [rows 73]", async () => {
  const { app } = receiving();
  const site = await serveApp(app);
  const [garbled, unmasked] = [await site.raw(), await site.raw()];
  await garbled.open("/", {}, rawFrame(opcodes.text, new Uint8Array([0xff])));
  expect(await garbled.closeFrame()).toEqual([1007, expect.any(String)]);
  await unmasked.open("/", {}, rawFrame(opcodes.text, "hello", { masked: false }));
  expect(await unmasked.closeFrame()).toEqual([1002, expect.any(String)]);
});

test("seeds › 83 closes with 1001 when the client says nothing for too long [rows 72]", async () => {
  const clock = new Clock();
  const app = createApp({ clock });
  app.ws("/", { idleTimeout: 200 }, async (socket) => {
    await socket.send("say something");
    await socket.receive();
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.next()).toBe("say something");
  clock.advance(200);
  expect(await client.closed).toMatchObject({ code: 1001, wasClean: true });
});

test("seeds › 84 stays open for a client that says something in time [rows 72]", async () => {
  const clock = new Clock();
  const app = createApp({ clock, socket: { idleTimeout: 500 } });
  app.ws("/", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  const client = await (await serveApp(app)).open("/");
  for (const message of ["one", "two", "three"]) {
    client.send(message);
    expect(await client.next()).toBe(message);
    clock.advance(499);
  }
  clock.advance(1);
  expect(await client.closed).toMatchObject({ code: 1001 });
});

test("seeds › row 73 pings a silent client, and gives it up when it does not answer", async () => {
  const ends = new BoundedQueue<unknown>();
  const clock = new Clock();
  const app = createApp({ clock, heartbeat: { interval: 25_000, timeout: 10_000 } });
  app.ws("/", async (socket) => {
    await socket.send("hello");
    ends.push(await socket.closed);
  });
  const raw = await (await serveApp(app)).raw();
  await raw.open("/");
  expect(await raw.text()).toBe("hello");
  clock.advance(25_000);
  expect(await raw.frame()).toMatchObject({ opcode: opcodes.ping });
  clock.advance(10_000);
  expect(await ends.pull()).toMatchObject({ code: 1006, wasClean: false });
});

test("seeds › row 73 closes with 1009 for a message above the limit", async () => {
  const app = createApp({ maxPayload: 10 });
  app.ws("/", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  const raw = await (await serveApp(app)).raw();
  await raw.open("/", {}, rawFrame(opcodes.text, "0123456789"));
  expect(await raw.text()).toBe("0123456789");
  raw.write(rawFrame(opcodes.text, "0123456789a"));
  expect(await raw.closeFrame()).toEqual([1009, expect.any(String)]);
});

test("seeds › row 73 paces a sender by what its client reads", async () => {
  const app = createApp();
  const chunk = new Uint8Array(65_536);
  app.ws("/", async (socket) => {
    let most = 0;
    for (let n = 0; n < 256; n += 1) {
      const sent = socket.send(chunk);
      most = Math.max(most, socket.bufferedAmount);
      await sent;
    }
    await socket.send({ most });
  });
  const client = await (await serveApp(app)).open("/");
  for (let n = 0; n < 256; n += 1) expect(await client.next()).toHaveLength(chunk.length);
  const { most } = JSON.parse(String(await client.next())) as { most: number };
  expect(most).toBeLessThan(16 * chunk.length);
});

/** An app that waits for a message, and how that ended. */
function receiving() {
  const ends = new BoundedQueue<unknown>();
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    ends.push(await socket.receive().catch((error: unknown) => error));
  });
  return { app, ends };
}
