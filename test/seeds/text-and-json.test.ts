import { BoundedQueue } from "@symbolon/protocol/internal";
import { binary, bytes, json, text } from "@symbolon/protocol";
import { createApp, ValidationError } from "@symbolon/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { serveApp, utf8 } from "./harness.ts";

test("seeds › 1 echoes text [rows 1, 11, 70]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    await socket.send(await socket.receive());
  });
  const client = await (await serveApp(app)).open("/");
  client.send("hello");
  expect(await client.next()).toBe("hello");
});

test("seeds › 2 answers text with text [rows 1, 11, 70]", async () => {
  const app = createApp();
  app.ws("/", { receive: text }, async (socket) => {
    await socket.send(`Message was: ${await socket.receive()}`);
  });
  const client = await (await serveApp(app)).open("/");
  client.send("Hello, world!");
  expect(await client.next()).toBe("Message was: Hello, world!");
});

test("seeds › 3 answers message after message in order [rows 11, 21]", async () => {
  const client = await (await serveApp(echoing())).open("/");
  client.send("one");
  expect(await client.next()).toBe("one");
  client.send("two");
  expect(await client.next()).toBe("two");
});

test("seeds › 4 answers bytes with bytes [rows 12]", async () => {
  const app = createApp();
  app.ws("/", { receive: bytes }, async (socket) => {
    await socket.send(new Uint8Array([...utf8("Message was: "), ...(await socket.receive())]));
  });
  const client = await (await serveApp(app)).open("/");
  client.send(new Uint8Array([0, 200, 255]));
  expect(await client.next()).toEqual(new Uint8Array([...utf8("Message was: "), 0, 200, 255]));
});

test("seeds › 6 wraps JSON, in a text message [rows 13]", async () => {
  const app = createApp();
  app.ws("/", { receive: json() }, async (socket) => {
    await socket.send({ message: await socket.receive() });
  });
  const client = await (await serveApp(app)).open("/");
  client.send('{"hello":"world"}');
  expect(await client.next()).toBe('{"message":{"hello":"world"}}');
});

test("seeds › 7 speaks JSON in binary messages, both ways [rows 13, 15]", async () => {
  const app = createApp();
  app.ws("/", { receive: binary(json()), send: binary(json()) }, async (socket) => {
    await socket.send({ got: await socket.receive() });
  });
  const client = await (await serveApp(app)).open("/");
  client.send(utf8('{"test":"数据"}'));
  expect(await client.next()).toEqual(utf8('{"got":{"test":"数据"}}'));
});

test("seeds › 8 sends JSON compact and unescaped [rows 13]", async () => {
  const app = createApp();
  app.ws("/", (socket) => socket.send({ test: "数据" }));
  const client = await (await serveApp(app)).open("/");
  expect(await client.next()).toBe('{"test":"数据"}');
});

test("seeds › 9 takes nothing but a codec for a mode: an error, and nothing is sent [rows 15, 27]", async () => {
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  // @ts-expect-error -- a mode is a codec, not a name
  app.ws("/", { send: "text" }, (socket) => socket.send("hello"));
  const site = await serveApp(app);
  expect(await site.refused("/")).toMatchObject({ status: 500 });
  expect(await failures.pull()).toBeInstanceOf(TypeError);
});

test("seeds › 11 passes an object back as JSON [rows 13, 17]", async () => {
  const pair = json(z.object({ foo: z.string() }));
  const app = createApp();
  app.ws("/", { receive: pair, send: pair }, async (socket) => {
    const { foo } = await socket.receive();
    await socket.send({ foo });
  });
  const client = await (await serveApp(app)).open("/");
  client.send('{"foo":"bar"}');
  expect(await client.next()).toBe('{"foo":"bar"}');
});

test("seeds › 13 ends a loop over text quietly when the client leaves [rows 21]", async () => {
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app.ws("/", { receive: text }, async (socket) => {
    for await (const line of socket) await socket.send(`got ${line}`);
    log.push("the loop ended");
  });
  const client = await (await serveApp(app)).open("/");
  client.send("one");
  expect(await client.next()).toBe("got one");
  await client.close(1000);
  expect(await log.pull()).toBe("the loop ended");
});

test("seeds › 14 ends a loop over bytes quietly when the client leaves [rows 12, 21]", async () => {
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app.ws("/", { receive: bytes, send: bytes }, async (socket) => {
    for await (const message of socket) await socket.send(message);
    log.push("the loop ended");
  });
  const client = await (await serveApp(app)).open("/");
  client.send(new Uint8Array([1, 2]));
  expect(await client.next()).toEqual(new Uint8Array([1, 2]));
  await client.close(1000);
  expect(await log.pull()).toBe("the loop ended");
});

test("seeds › 17 gives whatever came, and by a codec a typed error on a socket that stays open [rows 14, 27]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.send(await socket.receive());
    const error: unknown = await socket.receive(text).catch((error: unknown) => error);
    await socket.send(error instanceof ValidationError);
    await socket.send(await socket.receive(text));
  });
  const client = await (await serveApp(app)).open("/");
  for (const message of [utf8("raw"), utf8("not text"), "text"]) client.send(message);
  expect([await client.next(), await client.next(), await client.next()]).toEqual([
    utf8("raw"),
    "true",
    "text",
  ]);
});

test("seeds › 17 closes with 1003 when nobody catches the wrong kind [rows 14]", async () => {
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", { receive: text }, async (socket) => void (await socket.receive()));
  const client = await (await serveApp(app)).open("/");
  client.send(utf8("not text"));
  expect(await client.closed).toMatchObject({ code: 1003 });
  expect(await failures.pull()).toBeInstanceOf(ValidationError);
});

test("seeds › 18 makes bad JSON a typed error on a socket that stays open [rows 13, 27]", async () => {
  const app = createApp();
  app.ws("/", { receive: json() }, async (socket) => {
    const error: unknown = await socket.receive().catch((error: unknown) => error);
    await socket.send({ typed: error instanceof ValidationError, next: await socket.receive() });
  });
  const client = await (await serveApp(app)).open("/");
  client.send("{bad");
  client.send("[1]");
  expect(await client.next()).toBe('{"typed":true,"next":[1]}');
});

test("seeds › 18 closes with 1003 when nobody catches bad JSON [rows 13]", async () => {
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", { receive: json() }, async (socket) => void (await socket.receive()));
  const client = await (await serveApp(app)).open("/");
  client.send("{bad");
  expect(await client.closed).toMatchObject({ code: 1003 });
  expect(await failures.pull()).toBeInstanceOf(ValidationError);
});

test("seeds › 19 echoes an empty text, and empty bytes [rows 11, 12, 14]", async () => {
  const client = await (await serveApp(echoing())).open("/");
  client.send("");
  expect(await client.next()).toBe("");
  client.send(new Uint8Array());
  expect(await client.next()).toEqual(new Uint8Array());
});

function echoing() {
  const app = createApp();
  app.ws("/", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  return app;
}
