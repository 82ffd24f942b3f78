import { BoundedQueue } from "@symbolon/protocol/internal";
import { bool, bytes, int, json, text } from "@symbolon/protocol";
import { createApp, ProtocolError, ValidationError } from "@symbolon/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { covers } from "./covers.ts";
import { connectClient, serveApp, utf8 } from "./harness.ts";

test("`receive` reads the type that it names: a number, an object, booleans, bytes", async () => {
  covers({ case: 21, rows: [16] });
  const app = createApp();
  app.ws("/", async (socket) => {
    const count: number = await socket.receive(int);
    const { hello } = await socket.receive(json(z.object({ hello: z.number() })));
    const booleans: boolean[] = [await socket.receive(bool), await socket.receive(bool)];
    const raw: Uint8Array = await socket.receive(bytes);
    await socket.send({ count, hello, booleans, raw: [...raw] });
  });
  const client = await connectClient(app, "/");
  for (const message of ["42", '{"hello": 42}', "1", "false", utf8("test")]) client.send(message);
  expect(await client.receive()).toBe(
    '{"count":42,"hello":42,"booleans":[true,false],"raw":[116,101,115,116]}',
  );
});

test("`receive` throws an error for an invalid boolean, and the socket stays open", async () => {
  covers({ case: 22, rows: [16, 27] });
  const app = createApp();
  app.ws("/", async (socket) => {
    const error: unknown = await socket.receive(bool).catch((error: unknown) => error);
    await socket.send([error instanceof ValidationError, await socket.receive(bool)]);
  });
  const client = await connectClient(app, "/");
  client.send("maybe");
  client.send("true");
  expect(await client.receive()).toBe("[true,true]");
});

test("`receive` throws an error for an invalid number, and the socket stays open", async () => {
  covers({ case: 23, rows: [16, 27] });
  const app = createApp();
  app.ws("/", async (socket) => {
    const error: unknown = await socket.receive(int).catch((error: unknown) => error);
    await socket.send([error instanceof ValidationError, await socket.receive(int)]);
  });
  const client = await connectClient(app, "/");
  client.send("x");
  client.send("7");
  expect(await client.receive()).toBe("[true,7]");
});

test("`send` writes objects, booleans and numbers as text, and bytes as bytes", async () => {
  covers({ case: 24, rows: [13, 16] });
  const app = createApp();
  app.ws("/", async (socket) => {
    for (const value of [{ a: 1 }, true, 7, utf8("test")]) await socket.send(value);
  });
  const client = await connectClient(app, "/");
  const received = [
    await client.receive(),
    await client.receive(),
    await client.receive(),
    await client.receive(),
  ];
  expect(received).toEqual(['{"a":1}', "true", "7", utf8("test")]);
});

test("a schema checks messages, and its error has the issues", async () => {
  covers({ rows: [17] });
  const point = json(z.object({ x: z.number() }));
  const app = createApp();
  app.ws("/", { receive: point, send: point }, async (socket) => {
    const error: unknown = await socket.receive().catch((error: unknown) => error);
    if (!(error instanceof ValidationError)) throw error;
    await socket.send({ x: error.issues.length });
    // @ts-expect-error -- a point has no `y`
    await socket.send({ x: 2, y: 3 });
  });
  const client = await connectClient(app, "/");
  client.send('{"x":"one"}');
  expect([await client.receive(), await client.receive()]).toEqual(['{"x":1}', '{"x":2}']);
});

test("`pair` sends a value and returns the answer, any number of times", async () => {
  covers({ case: 26, rows: [18] });
  const app = createApp();
  app.ws("/", async (socket) => {
    const numbers: number[] = [];
    for (let n = 0; n < 5; n += 1) numbers.push(await socket.pair(n, { as: int }));
    await socket.send(numbers);
  });
  const client = await connectClient(app, "/");
  for (let n = 0; n < 5; n += 1) client.send(await client.receive());
  expect(await client.receive()).toBe("[0,1,2,3,4]");
});

test("`pair` can receive before it sends, and sends nothing if the message is invalid", async () => {
  covers({ case: 27, rows: [18] });
  const app = createApp();
  app.ws("/", async (socket) => {
    const receiveFirst = { as: int, first: "receive" } as const;
    const error: unknown = await socket.pair("never", receiveFirst).catch((error: unknown) => error);
    await socket.send(error instanceof ValidationError);
    await socket.send({ received: await socket.pair(7, receiveFirst) });
  });
  const client = await connectClient(app, "/");
  for (const message of ["x", "0"]) client.send(message);
  expect([await client.receive(), await client.receive(), await client.receive()]).toEqual([
    "true",
    "7",
    '{"received":0}',
  ]);
});

test("`expect` accepts the expected message: text, a number, an object, bytes", async () => {
  covers({ case: 28, rows: [19] });
  const app = createApp();
  app.ws("/", async (socket) => {
    for (const value of ["foo", 42, { a: 1, b: 2 }, utf8("raw")]) await socket.expect(value);
    await socket.send("as expected");
  });
  const client = await connectClient(app, "/");
  for (const message of ["foo", "42", '{"b": 2, "a": 1}', utf8("raw")]) client.send(message);
  expect(await client.receive()).toBe("as expected");
});

test("`expect` throws an error for another message, which closes with 1002 if the handler does not catch it", async () => {
  covers({ case: 29, rows: [19, 27] });
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", async (socket) => {
    const error: unknown = await socket.expect("P1").catch((error: unknown) => error);
    await socket.send(error instanceof ProtocolError);
    await socket.expect("P1");
    await socket.send("ACK");
  });
  const client = await connectClient(app, "/");
  for (const message of ["P2", "P3"]) client.send(message);
  expect(await client.receive()).toBe("true");
  expect(await client.closed).toMatchObject({ code: 1002 });
  expect(await failures.pull()).toMatchObject({ message: 'expected "P1", got "P3"' });
});

test("`send` throws a ValidationError for a value that the codec cannot write", async () => {
  covers({ rows: [27] });
  const caught = new BoundedQueue<unknown>();
  const app = createApp();
  app.ws("/text", { send: text }, async (socket) => {
    await socket.accept();
    try {
      // @ts-expect-error -- an object is not text
      await socket.send({ a: 1 });
    } catch (error) {
      caught.push(error);
    }
  });
  app.ws("/bytes", { send: bytes }, async (socket) => {
    await socket.accept();
    try {
      // @ts-expect-error -- a string is not bytes
      await socket.send("a string");
      caught.push("sent");
    } catch (error) {
      caught.push(error);
    }
  });
  const server = await serveApp(app);
  await server.connect("/bytes");
  expect(await caught.pull()).toMatchObject({ name: "ValidationError" });
  await server.connect("/text");
  expect(await caught.pull()).toMatchObject({ name: "ValidationError" });
});
