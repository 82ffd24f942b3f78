import { BoundedQueue } from "@symbolon/protocol/internal";
import { binary, bytes, json, text } from "@symbolon/protocol";
import { createApp, listen } from "@symbolon/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { covers } from "./covers.ts";
import { connectClient, serveApp, utf8 } from "./harness.ts";

test("a listener receives each message and sends its return value, from a function, an async function or a class", async () => {
  covers({ case: 156, rows: [44, 45, 51] });
  class Echo {
    message(line: string): string {
      return line;
    }
  }
  const app = createApp({ socket: { receive: text } });
  app.ws(
    "/sync",
    listen((line) => line),
  );
  app.ws(
    "/async",
    listen(async (line) => line),
  );
  app.ws("/class", listen(new Echo()));
  const server = await serveApp(app);
  for (const path of ["/sync", "/async", "/class"]) {
    const client = await server.connect(path);
    for (const message of ["foo", "bar"]) client.send(message);
    expect([await client.receive(), await client.receive()]).toEqual(["foo", "bar"]);
  }
});

test("a listener receives the type of its codec, in text or binary messages", async () => {
  covers({ case: 157, rows: [15, 47] });
  const latin = {
    type: "text",
    encode: (value: Uint8Array) => String.fromCharCode(...value),
    decode: (message: string | Uint8Array) => utf8(String(message)),
  } as const;
  const received = new BoundedQueue<unknown>();
  const app = createApp();
  const recorder = listen((value: unknown) =>
    received.push(value instanceof Uint8Array ? [...value] : value),
  );
  for (const [path, receive] of Object.entries({
    text,
    bytes,
    latin,
    json: json(),
    binaryText: binary(text),
  }))
    app.ws(`/${path}`, { receive }, recorder);
  const server = await serveApp(app);
  const receivedFrom = async (path: string, message: string | Uint8Array): Promise<unknown> => {
    (await server.connect(path)).send(message);
    return received.pull();
  };
  expect(await receivedFrom("/text", "foo")).toBe("foo");
  expect(await receivedFrom("/binaryText", utf8("foo"))).toBe("foo");
  expect(await receivedFrom("/bytes", utf8("foo"))).toEqual([...utf8("foo")]);
  expect(await receivedFrom("/latin", "foo")).toEqual([...utf8("foo")]);
  expect(await receivedFrom("/json", '{"a":1}')).toEqual({ a: 1 });
  expect(await receivedFrom("/json", utf8('{"a":1}'))).toEqual({ a: 1 });
});

test("a listener sends the kind of message that its codec writes", async () => {
  covers({ case: 158, rows: [15, 47] });
  const app = createApp();
  app.ws(
    "/bytes",
    listen(() => utf8("raw")),
  );
  app.ws(
    "/text",
    { send: json() },
    listen(() => ({ a: 1 })),
  );
  app.ws(
    "/binary",
    { send: binary(json()) },
    listen(() => ({ a: 1 })),
  );
  app.ws(
    "/object",
    listen(() => ({ a: 1 })),
  );
  const server = await serveApp(app);
  const replyOf = async (path: string): Promise<unknown> => {
    const client = await server.connect(path);
    client.send("hello");
    return client.receive();
  };
  expect(await replyOf("/bytes")).toEqual(utf8("raw"));
  expect([await replyOf("/text"), await replyOf("/object")]).toEqual(['{"a":1}', '{"a":1}']);
  expect(await replyOf("/binary")).toEqual(utf8('{"a":1}'));
});

test("a listener that returns undefined sends nothing, and other empty values are sent", async () => {
  covers({ case: 159, rows: [46] });
  const app = createApp();
  app.ws(
    "/",
    { receive: text },
    listen((line) => (line === "quiet" ? undefined : { "": "", null: null, zero: 0 }[line])),
  );
  const client = await connectClient(app, "/");
  for (const message of ["quiet", "", "quiet", "null", "zero"]) client.send(message);
  expect([await client.receive(), await client.receive(), await client.receive()]).toEqual(["", "null", "0"]);
});

test("a listener gets the socket", async () => {
  covers({ case: 161, rows: [49] });
  const app = createApp();
  app.ws(
    "/",
    { receive: text },
    listen(async (line, socket) => {
      await socket.send(`first ${line}`);
      return `then ${line}`;
    }),
  );
  const client = await connectClient(app, "/");
  client.send("hello");
  expect([await client.receive(), await client.receive()]).toEqual(["first hello", "then hello"]);
});

test("the return value of a listener that closed the socket is dropped without an error", async () => {
  covers({ rows: [50] });
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  const view = app.group(function* () {
    yield;
    log.push("the hook ended");
  });
  view.ws(
    "/",
    listen((_, socket) => {
      socket.close(4001, "enough");
      return "too late";
    }),
  );
  const client = await connectClient(app, "/");
  client.send("hello");
  expect(await client.closed).toEqual({ code: 4001, reason: "enough", wasClean: true });
  await expect(client.receive()).rejects.toThrow("closed with 4001");
  expect(await log.pull()).toBe("the hook ended");
});

test("a listener ignores a message of the other kind, text or binary", async () => {
  covers({ case: 167, rows: [15, 48] });
  const received = new BoundedQueue<unknown>();
  const app = createApp();
  const recorder = listen((value: unknown) => received.push(value));
  app.ws("/binary", { receive: binary(json()) }, recorder);
  app.ws("/text", { receive: text }, recorder);
  const server = await serveApp(app);
  const [toBinary, toText] = [await server.connect("/binary"), await server.connect("/text")];
  for (const message of ['"text"', utf8('"binary"')]) toBinary.send(message);
  expect(await received.pull()).toBe("binary");
  for (const message of [utf8("binary"), "text"]) toText.send(message);
  expect(await received.pull()).toBe("text");
});

test("a listener's JSON is checked only by a schema, and a message that does not match closes with 1003", async () => {
  covers({ case: 168, rows: [17, 47] });
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws(
    "/parsed",
    { receive: json() },
    listen((list) => list),
  );
  app.ws(
    "/checked",
    { receive: json(z.array(z.number())) },
    listen((list) => list),
  );
  const server = await serveApp(app);
  const [parsed, checked] = [await server.connect("/parsed"), await server.connect("/checked")];
  for (const client of [parsed, checked]) client.send("[1,2]");
  expect([await parsed.receive(), await checked.receive()]).toEqual(["[1,2]", "[1,2]"]);
  for (const client of [parsed, checked]) client.send('["x"]');
  expect(await parsed.receive()).toBe('["x"]');
  expect(await checked.closed).toMatchObject({ code: 1003 });
  expect(await failures.pull()).toMatchObject({ name: "ValidationError" });
});

test("the server closes with 4000 + status and the detail when a listener throws a Response", async () => {
  covers({ case: 96, rows: [42] });
  const app = createApp();
  app.ws(
    "/",
    listen(() => {
      const headers = { "content-type": "application/problem+json" };
      throw Response.json({ detail: "the name is taken" }, { status: 409, headers });
    }),
  );
  const client = await connectClient(app, "/");
  client.send("hello");
  expect(await client.closed).toEqual({ code: 4409, reason: "the name is taken", wasClean: true });
});
