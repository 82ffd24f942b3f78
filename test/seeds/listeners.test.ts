import { BoundedQueue } from "@symbolon/protocol/internal";
import { binary, bytes, json, text } from "@symbolon/protocol";
import { createApp, listen } from "@symbolon/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { serveApp, utf8 } from "./harness.ts";

test("seeds › 156 hears each message and sends what is returned, now or later, from a function or a class [rows 44, 45, 51]", async () => {
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
  const site = await serveApp(app);
  for (const path of ["/sync", "/async", "/class"]) {
    const client = await site.open(path);
    for (const message of ["foo", "bar"]) client.send(message);
    expect([await client.next(), await client.next()]).toEqual(["foo", "bar"]);
  }
});

test("seeds › 157 hears the type of its codec, in text or binary messages [rows 15, 47]", async () => {
  const latin = {
    type: "text",
    encode: (value: Uint8Array) => String.fromCharCode(...value),
    decode: (message: string | Uint8Array) => utf8(String(message)),
  } as const;
  const heard = new BoundedQueue<unknown>();
  const app = createApp();
  const hears = listen((value: unknown) => heard.push(value instanceof Uint8Array ? [...value] : value));
  for (const [path, receive] of Object.entries({
    text,
    bytes,
    latin,
    json: json(),
    binaryText: binary(text),
  }))
    app.ws(`/${path}`, { receive }, hears);
  const site = await serveApp(app);
  const tell = async (path: string, message: string | Uint8Array): Promise<unknown> => {
    (await site.open(path)).send(message);
    return heard.pull();
  };
  expect(await tell("/text", "foo")).toBe("foo");
  expect(await tell("/binaryText", utf8("foo"))).toBe("foo");
  expect(await tell("/bytes", utf8("foo"))).toEqual([...utf8("foo")]);
  expect(await tell("/latin", "foo")).toEqual([...utf8("foo")]);
  expect(await tell("/json", '{"a":1}')).toEqual({ a: 1 });
  expect(await tell("/json", utf8('{"a":1}'))).toEqual({ a: 1 });
});

test("seeds › 158 sends the kind of message that its codec writes, whatever it returns [rows 15, 47]", async () => {
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
  const site = await serveApp(app);
  const answer = async (path: string): Promise<unknown> => {
    const client = await site.open(path);
    client.send("well?");
    return client.next();
  };
  expect(await answer("/bytes")).toEqual(utf8("raw"));
  expect([await answer("/text"), await answer("/object")]).toEqual(['{"a":1}', '{"a":1}']);
  expect(await answer("/binary")).toEqual(utf8('{"a":1}'));
});

test("seeds › 159 sends nothing when nothing is returned, and an empty value when one is [rows 46]", async () => {
  const app = createApp();
  app.ws(
    "/",
    { receive: text },
    listen((line) => (line === "quiet" ? undefined : { "": "", null: null, zero: 0 }[line])),
  );
  const client = await (await serveApp(app)).open("/");
  for (const message of ["quiet", "", "quiet", "null", "zero"]) client.send(message);
  expect([await client.next(), await client.next(), await client.next()]).toEqual(["", "null", "0"]);
});

test("seeds › 161 gives the listener the socket [rows 49]", async () => {
  const app = createApp();
  app.ws(
    "/",
    { receive: text },
    listen(async (line, socket) => {
      await socket.send(`first ${line}`);
      return `then ${line}`;
    }),
  );
  const client = await (await serveApp(app)).open("/");
  client.send("hello");
  expect([await client.next(), await client.next()]).toEqual(["first hello", "then hello"]);
});

test("seeds › row 50 drops what a listener returns after it closed the socket, and nothing has failed", async () => {
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  const view = app.use(function* () {
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
  const client = await (await serveApp(app)).open("/");
  client.send("hello");
  expect(await client.closed).toEqual({ code: 4001, reason: "enough", wasClean: true });
  await expect(client.next()).rejects.toThrow("closed with 4001");
  expect(await log.pull()).toBe("the hook ended");
});

test("seeds › 167 ignores a message of the other kind, text or binary [rows 15, 48]", async () => {
  const heard = new BoundedQueue<unknown>();
  const app = createApp();
  const hears = listen((value: unknown) => heard.push(value));
  app.ws("/binary", { receive: binary(json()) }, hears);
  app.ws("/text", { receive: text }, hears);
  const site = await serveApp(app);
  const [toBinary, toText] = [await site.open("/binary"), await site.open("/text")];
  for (const message of ['"text"', utf8('"binary"')]) toBinary.send(message);
  expect(await heard.pull()).toBe("binary");
  for (const message of [utf8("binary"), "text"]) toText.send(message);
  expect(await heard.pull()).toBe("text");
});

test("seeds › 168 parses JSON, and checks it only by a schema: what does not fit closes with 1003 [rows 17, 47]", async () => {
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
  const site = await serveApp(app);
  const [parsed, checked] = [await site.open("/parsed"), await site.open("/checked")];
  for (const client of [parsed, checked]) client.send("[1,2]");
  expect([await parsed.next(), await checked.next()]).toEqual(["[1,2]", "[1,2]"]);
  for (const client of [parsed, checked]) client.send('["x"]');
  expect(await parsed.next()).toBe('["x"]');
  expect(await checked.closed).toMatchObject({ code: 1003 });
  expect(await failures.pull()).toMatchObject({ name: "ValidationError" });
});

test("seeds › 96 closes with 4000 + the status and the detail when a listener throws a Response [rows 42]", async () => {
  const app = createApp();
  app.ws(
    "/",
    listen(() => {
      const headers = { "content-type": "application/problem+json" };
      throw Response.json({ detail: "the name is taken" }, { status: 409, headers });
    }),
  );
  const client = await (await serveApp(app)).open("/");
  client.send("hello");
  expect(await client.closed).toEqual({ code: 4409, reason: "the name is taken", wasClean: true });
});
