import { once } from "node:events";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { binary, json } from "@symbolon/protocol";
import { CloseError, createApp } from "@symbolon/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { serveApp, utf8 } from "./harness.ts";

test("seeds › 169 streams what a generator yields, then closes with 1000 [rows 49, 54]", async () => {
  const clock = {
    *ticks() {
      yield* ["foo", "bar"];
    },
  };
  const app = createApp();
  app.ws("/alone", function* () {
    yield* ["foo", "bar"];
  });
  app.ws("/with-socket", async function* (socket) {
    yield await socket.receive();
    yield "bar";
  });
  app.ws("/method", () => clock.ticks());
  const site = await serveApp(app);
  for (const path of ["/alone", "/with-socket", "/method"]) {
    const client = await site.open(path);
    client.send("foo");
    expect([await client.next(), await client.next()]).toEqual(["foo", "bar"]);
    expect(await client.closed).toMatchObject({ code: 1000 });
  }
});

test("seeds › 171 streams objects as JSON text, and what a schema hides is not there [rows 54, 59]", async () => {
  const shown = z.object({ name: z.string(), at: z.date() });
  const user = { id: 1, name: "Ada", at: new Date(0) };
  const app = createApp();
  app.ws("/all", function* () {
    yield user;
  });
  app.ws("/shown", { send: json(shown) }, function* () {
    yield user;
  });
  const site = await serveApp(app);
  const at = "1970-01-01T00:00:00.000Z";
  expect(await (await site.open("/all")).next()).toBe(`{"id":1,"name":"Ada","at":"${at}"}`);
  expect(await (await site.open("/shown")).next()).toBe(`{"name":"Ada","at":"${at}"}`);
});

test("seeds › 172 ends a dependency of a stream after the stream [rows 38, 58]", async () => {
  const log = new BoundedQueue<string>();
  const app = createApp();
  app
    .use(function* () {
      yield { lock: "the lock" };
      log.push("released");
    })
    .ws("/", function* (_socket, { lock }) {
      yield lock;
      log.push("still streaming");
      yield "last";
    });
  const client = await (await serveApp(app)).open("/");
  expect([await client.next(), await client.next()]).toEqual(["the lock", "last"]);
  expect([await log.pull(), await log.pull()]).toEqual(["still streaming", "released"]);
});

test("seeds › 173 streams nothing but what can be iterated: a type error, and 500 with a log line [rows 27, 54]", async () => {
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  // @ts-expect-error -- a number is neither a refusal nor anything to stream
  app.ws("/", () => 3);
  expect(await (await serveApp(app)).refused("/")).toMatchObject({ status: 500 });
  expect(await failures.pull()).toMatchObject({ message: expect.stringContaining("returned a number") });
});

test("seeds › row 58 lets a stream give a lock back while it goes on", async () => {
  let held = false;
  const app = createApp();
  app.ws("/", async function* (socket) {
    if (held) throw new Error("locked");
    held = true;
    yield "under the lock";
    held = false;
    yield "released";
    await socket.closed;
  });
  const site = await serveApp(app);
  const first = await site.open("/");
  expect([await first.next(), await first.next()]).toEqual(["under the lock", "released"]);
  expect(await (await site.open("/")).next()).toBe("under the lock");
});

test("seeds › row 56 closes with 1003 when a message comes that a stream does not read", async () => {
  const app = createApp();
  app.ws("/", async function* (socket) {
    yield "tick";
    await socket.closed;
  });
  const client = await (await serveApp(app)).open("/");
  client.send("hello?");
  expect(await client.next()).toBe("tick");
  expect(await client.closed).toMatchObject({ code: 1003, reason: expect.stringContaining("only sends") });
});

test("seeds › row 56 drops what comes before a stream reads, when the route says so", async () => {
  const sent = new BoundedQueue<void>();
  const app = createApp();
  app.ws("/", { unread: "discard" }, async function* (socket) {
    yield "tick";
    await sent.pull();
    const heard = socket.receive();
    yield "now I listen";
    yield `heard ${String(await heard)}`;
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.next()).toBe("tick");
  client.send("hello?");
  expect(await client.ping("after the message")).toBe("after the message");
  sent.push();
  expect(await client.next()).toBe("now I listen");
  client.send("hello!");
  expect(await client.next()).toBe("heard hello!");
});

test("seeds › row 55 returns the generator when the client leaves, and its finally runs", async () => {
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app.ws("/", async function* (socket) {
    try {
      yield "tick";
      await once(socket.signal, "abort");
      yield "nobody hears this";
      log.push("never");
    } finally {
      log.push("finally");
    }
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.next()).toBe("tick");
  await client.close();
  expect(await log.pull()).toBe("finally");
});

test("seeds › row 57 closes with 1011 when a stream fails beside a loop that waits", async () => {
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", async (socket) => {
    const sending = socket.pipe({
      async *[Symbol.asyncIterator]() {
        yield "ping";
        throw new Error("no more pings");
      },
    });
    for await (const message of socket) await socket.send(message);
    await sending;
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.next()).toBe("ping");
  expect(await client.closed).toMatchObject({ code: 1011 });
  expect(await failures.pull()).toEqual(new Error("no more pings"));
});

test("seeds › 174 streams pings in the background and answers messages [rows 25, 57]", async () => {
  const pings = new BoundedQueue<string>();
  const app = createApp();
  app.ws("/", async (socket) => {
    const sending = socket.pipe({
      async *[Symbol.asyncIterator]() {
        for (;;) yield await pings.pull();
      },
    });
    for await (const message of socket) await socket.send(message);
    pings.push("the last ping ends the stream");
    await sending;
  });
  const client = await (await serveApp(app)).open("/");
  pings.push("ping");
  expect(await client.next()).toBe("ping");
  client.send("Hello");
  expect(await client.next()).toBe("Hello");
});

test("seeds › 177 reads and writes at once, through a queue [rows 25]", async () => {
  const app = createApp();
  app.ws("/", { receive: json() }, async (socket) => {
    const queue = new BoundedQueue<unknown>();
    const write = async (): Promise<void> => {
      for (;;) await socket.send(await queue.pull());
    };
    const writing = write().catch((error: unknown) => error);
    for await (const message of socket) queue.push(message);
    queue.end(new CloseError(1000));
    await writing;
  });
  const client = await (await serveApp(app)).open("/");
  client.send('{"hello":"world"}');
  expect(await client.next()).toBe('{"hello":"world"}');
});

test("seeds › 178 sends from elsewhere while the handler waits for a message [rows 25]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    const waiting = socket.receive();
    queueMicrotask(() => void socket.send({ message: "test" }));
    await waiting;
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.next()).toBe('{"message":"test"}');
});

test("seeds › 179 serves channels by path, in the mode of the route, whatever clients say [rows 15, 28]", async () => {
  const app = createApp();
  app.ws("/publish/:channel", { receive: json() }, async (socket, { params, room }) => {
    for await (const message of socket) room(params.channel).send(message);
  });
  for (const [prefix, send] of [
    ["text", json()],
    ["binary", binary(json())],
  ] as const)
    app.ws(`/${prefix}/:channel`, { send }, async (socket, { params, room }) => {
      room(params.channel).join(socket);
      await socket.send("subscribed");
      await socket.receive();
      await socket.closed;
    });
  const site = await serveApp(app);
  const [text, bytes] = [await site.open("/text/something"), await site.open("/binary/something")];
  expect([await text.next(), await bytes.next()]).toEqual(['"subscribed"', utf8('"subscribed"')]);
  text.send("whatever");
  (await site.open("/publish/something")).send('["foo"]');
  expect([await text.next(), await bytes.next()]).toEqual(['["foo"]', utf8('["foo"]')]);
});

test("seeds › 182 refuses a channel that there is not [rows 36]", async () => {
  const channels = z.object({ channel: z.enum(["news", "weather"]) });
  const app = createApp();
  app.ws("/:channel", { params: channels }, (socket, { params }) => socket.send(params.channel));
  const site = await serveApp(app);
  expect(await (await site.open("/news")).next()).toBe("news");
  expect(await site.refused("/gossip")).toMatchObject({ status: 400 });
});
