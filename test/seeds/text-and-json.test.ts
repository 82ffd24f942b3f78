import { BoundedQueue } from "@symbolon/protocol/internal";
import { binary, bytes, json, text } from "@symbolon/protocol";
import { createApp, ValidationError } from "@symbolon/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { covers } from "./covers.ts";
import { connectClient, serveApp, utf8 } from "./harness.ts";

test("a handler echoes text", async () => {
  covers({ case: 1, rows: [1, 11, 70] });
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    await socket.send(await socket.receive());
  });
  const client = await connectClient(app, "/");
  client.send("hello");
  expect(await client.receive()).toBe("hello");
});

test("a handler answers text with text", async () => {
  covers({ case: 2, rows: [1, 11, 70] });
  const app = createApp();
  app.ws("/", { receive: text }, async (socket) => {
    await socket.send(`Message was: ${await socket.receive()}`);
  });
  const client = await connectClient(app, "/");
  client.send("Hello, world!");
  expect(await client.receive()).toBe("Message was: Hello, world!");
});

test("a handler answers several messages in order", async () => {
  covers({ case: 3, rows: [11, 21] });
  const client = await connectClient(echoApp(), "/");
  client.send("one");
  expect(await client.receive()).toBe("one");
  client.send("two");
  expect(await client.receive()).toBe("two");
});

test("a handler answers bytes with bytes", async () => {
  covers({ case: 4, rows: [12] });
  const app = createApp();
  app.ws("/", { receive: bytes }, async (socket) => {
    await socket.send(new Uint8Array([...utf8("Message was: "), ...(await socket.receive())]));
  });
  const client = await connectClient(app, "/");
  client.send(new Uint8Array([0, 200, 255]));
  expect(await client.receive()).toEqual(new Uint8Array([...utf8("Message was: "), 0, 200, 255]));
});

test("a handler wraps JSON, in a text message", async () => {
  covers({ case: 6, rows: [13] });
  const app = createApp();
  app.ws("/", { receive: json() }, async (socket) => {
    await socket.send({ message: await socket.receive() });
  });
  const client = await connectClient(app, "/");
  client.send('{"hello":"world"}');
  expect(await client.receive()).toBe('{"message":{"hello":"world"}}');
});

test("a route sends and receives JSON in binary messages", async () => {
  covers({ case: 7, rows: [13, 15] });
  const app = createApp();
  app.ws("/", { receive: binary(json()), send: binary(json()) }, async (socket) => {
    await socket.send({ received: await socket.receive() });
  });
  const client = await connectClient(app, "/");
  client.send(utf8('{"test":"数据"}'));
  expect(await client.receive()).toEqual(utf8('{"received":{"test":"数据"}}'));
});

test("the server sends JSON compact and unescaped", async () => {
  covers({ case: 8, rows: [13] });
  const app = createApp();
  app.ws("/", (socket) => socket.send({ test: "数据" }));
  const client = await connectClient(app, "/");
  expect(await client.receive()).toBe('{"test":"数据"}');
});

test("a route whose codec is only a name answers 500, and the app gets the error", async () => {
  covers({ case: 9, rows: [15, 27] });
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  // @ts-expect-error -- a mode is a codec, not a name
  app.ws("/", { send: "text" }, (socket) => socket.send("hello"));
  const server = await serveApp(app);
  expect(await server.refused("/")).toMatchObject({ status: 500 });
  expect(await failures.pull()).toBeInstanceOf(TypeError);
});

test("a handler sends a received object back as JSON", async () => {
  covers({ case: 11, rows: [13, 17] });
  const codec = json(z.object({ foo: z.string() }));
  const app = createApp();
  app.ws("/", { receive: codec, send: codec }, async (socket) => {
    const { foo } = await socket.receive();
    await socket.send({ foo });
  });
  const client = await connectClient(app, "/");
  client.send('{"foo":"bar"}');
  expect(await client.receive()).toBe('{"foo":"bar"}');
});

test("a loop over text ends without an error when the client disconnects", async () => {
  covers({ case: 13, rows: [21] });
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app.ws("/", { receive: text }, async (socket) => {
    for await (const line of socket) await socket.send(`received ${line}`);
    log.push("the loop ended");
  });
  const client = await connectClient(app, "/");
  client.send("one");
  expect(await client.receive()).toBe("received one");
  await client.close(1000);
  expect(await log.pull()).toBe("the loop ended");
});

test("a loop over bytes ends without an error when the client disconnects", async () => {
  covers({ case: 14, rows: [12, 21] });
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app.ws("/", { receive: bytes, send: bytes }, async (socket) => {
    for await (const message of socket) await socket.send(message);
    log.push("the loop ended");
  });
  const client = await connectClient(app, "/");
  client.send(new Uint8Array([1, 2]));
  expect(await client.receive()).toEqual(new Uint8Array([1, 2]));
  await client.close(1000);
  expect(await log.pull()).toBe("the loop ended");
});

test("`receive` returns any message, and throws a typed error for a codec that does not match, on a socket that stays open", async () => {
  covers({ case: 17, rows: [14, 27] });
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.send(await socket.receive());
    const error: unknown = await socket.receive(text).catch((error: unknown) => error);
    await socket.send(error instanceof ValidationError);
    await socket.send(await socket.receive(text));
  });
  const client = await connectClient(app, "/");
  for (const message of [utf8("raw"), utf8("not text"), "text"]) client.send(message);
  expect([await client.receive(), await client.receive(), await client.receive()]).toEqual([
    utf8("raw"),
    "true",
    "text",
  ]);
});

test("the server closes with 1003 when the handler does not catch a message of the wrong kind", async () => {
  covers({ case: 17, rows: [14] });
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", { receive: text }, async (socket) => void (await socket.receive()));
  const client = await connectClient(app, "/");
  client.send(utf8("not text"));
  expect(await client.closed).toMatchObject({ code: 1003 });
  expect(await failures.pull()).toBeInstanceOf(ValidationError);
});

test("`receive` throws a typed error for invalid JSON, on a socket that stays open", async () => {
  covers({ case: 18, rows: [13, 27] });
  const app = createApp();
  app.ws("/", { receive: json() }, async (socket) => {
    const error: unknown = await socket.receive().catch((error: unknown) => error);
    await socket.send({ typed: error instanceof ValidationError, next: await socket.receive() });
  });
  const client = await connectClient(app, "/");
  client.send("{bad");
  client.send("[1]");
  expect(await client.receive()).toBe('{"typed":true,"next":[1]}');
});

test("the server closes with 1003 when the handler does not catch invalid JSON", async () => {
  covers({ case: 18, rows: [13] });
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", { receive: json() }, async (socket) => void (await socket.receive()));
  const client = await connectClient(app, "/");
  client.send("{bad");
  expect(await client.closed).toMatchObject({ code: 1003 });
  expect(await failures.pull()).toBeInstanceOf(ValidationError);
});

test("a handler echoes an empty text, and empty bytes", async () => {
  covers({ case: 19, rows: [11, 12, 14] });
  const client = await connectClient(echoApp(), "/");
  client.send("");
  expect(await client.receive()).toBe("");
  client.send(new Uint8Array());
  expect(await client.receive()).toEqual(new Uint8Array());
});

/** An app that echoes each message. */
function echoApp() {
  const app = createApp();
  app.ws("/", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  return app;
}
