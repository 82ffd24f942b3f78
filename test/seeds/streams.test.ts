import { once } from "node:events";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { binary, json } from "@symbolon/protocol";
import { CloseError, createApp } from "@symbolon/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { covers } from "./covers.ts";
import { connectClient, refusalOf, serveApp, utf8 } from "./harness.ts";

test("the server sends what a generator yields, then closes with 1000", async () => {
  covers({ case: 169, rows: [49, 54] });
  const source = {
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
  app.ws("/method", () => source.ticks());
  const server = await serveApp(app);
  for (const path of ["/alone", "/with-socket", "/method"]) {
    const client = await server.connect(path);
    client.send("foo");
    expect([await client.receive(), await client.receive()]).toEqual(["foo", "bar"]);
    expect(await client.closed).toMatchObject({ code: 1000 });
  }
});

test("a stream sends objects as JSON text, without the fields that a schema removes", async () => {
  covers({ case: 171, rows: [54, 59] });
  const publicUser = z.object({ name: z.string(), at: z.date() });
  const user = { id: 1, name: "Ada", at: new Date(0) };
  const app = createApp();
  app.ws("/all", function* () {
    yield user;
  });
  app.ws("/public", { send: json(publicUser) }, function* () {
    yield user;
  });
  const server = await serveApp(app);
  const at = "1970-01-01T00:00:00.000Z";
  expect(await (await server.connect("/all")).receive()).toBe(`{"id":1,"name":"Ada","at":"${at}"}`);
  expect(await (await server.connect("/public")).receive()).toBe(`{"name":"Ada","at":"${at}"}`);
});

test("the dependency of a stream is cleaned up after the stream", async () => {
  covers({ case: 172, rows: [38, 58] });
  const log = new BoundedQueue<string>();
  const app = createApp();
  app
    .group(function* () {
      yield { lock: "the lock" };
      log.push("released");
    })
    .ws("/", function* (_socket, { lock }) {
      yield lock;
      log.push("streaming");
      yield "last";
    });
  const client = await connectClient(app, "/");
  expect([await client.receive(), await client.receive()]).toEqual(["the lock", "last"]);
  expect([await log.pull(), await log.pull()]).toEqual(["streaming", "released"]);
});

test("a handler that returns neither a Response nor an iterable is a type error, and answers 500", async () => {
  covers({ case: 173, rows: [27, 54] });
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  // @ts-expect-error -- a number is neither a refusal nor anything to stream
  app.ws("/", () => 3);
  expect(await refusalOf(app, "/")).toMatchObject({ status: 500 });
  expect(await failures.pull()).toMatchObject({ message: expect.stringContaining("returned a number") });
});

test("a stream can release a lock while it continues", async () => {
  covers({ rows: [58] });
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
  const server = await serveApp(app);
  const first = await server.connect("/");
  expect([await first.receive(), await first.receive()]).toEqual(["under the lock", "released"]);
  expect(await (await server.connect("/")).receive()).toBe("under the lock");
});

test("the server closes with 1003 when a message arrives that a stream does not read", async () => {
  covers({ rows: [56] });
  const app = createApp();
  app.ws("/", async function* (socket) {
    yield "tick";
    await socket.closed;
  });
  const client = await connectClient(app, "/");
  client.send("hello?");
  expect(await client.receive()).toBe("tick");
  expect(await client.closed).toMatchObject({ code: 1003, reason: expect.stringContaining("only sends") });
});

test("the server discards messages until a stream reads, when the route asks for it", async () => {
  covers({ rows: [56] });
  const sent = new BoundedQueue<void>();
  const app = createApp();
  app.ws("/", { unread: "discard" }, async function* (socket) {
    yield "tick";
    await sent.pull();
    const message = socket.receive();
    yield "reading";
    yield `received ${String(await message)}`;
  });
  const client = await connectClient(app, "/");
  expect(await client.receive()).toBe("tick");
  client.send("hello?");
  expect(await client.ping("after the message")).toBe("after the message");
  sent.push();
  expect(await client.receive()).toBe("reading");
  client.send("hello!");
  expect(await client.receive()).toBe("received hello!");
});

test("the generator returns and its finally runs when the client disconnects", async () => {
  covers({ rows: [55] });
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app.ws("/", async function* (socket) {
    try {
      yield "tick";
      await once(socket.signal, "abort");
      yield "an unsent message";
      log.push("never");
    } finally {
      log.push("finally");
    }
  });
  const client = await connectClient(app, "/");
  expect(await client.receive()).toBe("tick");
  await client.close();
  expect(await log.pull()).toBe("finally");
});

test("the server closes with 1011 when a stream fails beside a loop that waits for messages", async () => {
  covers({ rows: [57] });
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
  const client = await connectClient(app, "/");
  expect(await client.receive()).toBe("ping");
  expect(await client.closed).toMatchObject({ code: 1011 });
  expect(await failures.pull()).toEqual(new Error("no more pings"));
});

test("a handler streams pings in the background and answers messages", async () => {
  covers({ case: 174, rows: [25, 57] });
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
  const client = await connectClient(app, "/");
  pings.push("ping");
  expect(await client.receive()).toBe("ping");
  client.send("Hello");
  expect(await client.receive()).toBe("Hello");
});

test("a handler reads and writes at the same time, through a queue", async () => {
  covers({ case: 177, rows: [25] });
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
  const client = await connectClient(app, "/");
  client.send('{"hello":"world"}');
  expect(await client.receive()).toBe('{"hello":"world"}');
});

test("other code sends while the handler waits for a message", async () => {
  covers({ case: 178, rows: [25] });
  const app = createApp();
  app.ws("/", async (socket) => {
    const waiting = socket.receive();
    queueMicrotask(() => void socket.send({ message: "test" }));
    await waiting;
  });
  const client = await connectClient(app, "/");
  expect(await client.receive()).toBe('{"message":"test"}');
});

test("channels are served by path, with the codec of the route, whatever a subscriber sends", async () => {
  covers({ case: 179, rows: [15, 28] });
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
  const server = await serveApp(app);
  const [text, bytes] = [await server.connect("/text/something"), await server.connect("/binary/something")];
  expect([await text.receive(), await bytes.receive()]).toEqual(['"subscribed"', utf8('"subscribed"')]);
  text.send("ignored");
  (await server.connect("/publish/something")).send('["foo"]');
  expect([await text.receive(), await bytes.receive()]).toEqual(['["foo"]', utf8('["foo"]')]);
});

test("the server refuses an unknown channel", async () => {
  covers({ case: 182, rows: [36] });
  const channels = z.object({ channel: z.enum(["news", "weather"]) });
  const app = createApp();
  app.ws("/:channel", { params: channels }, (socket, { params }) => socket.send(params.channel));
  const server = await serveApp(app);
  expect(await (await server.connect("/news")).receive()).toBe("news");
  expect(await server.refused("/gossip")).toMatchObject({ status: 400 });
});
