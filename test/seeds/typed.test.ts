import { BoundedQueue } from "@symbolon/protocol/internal";
import { bool, bytes, int, json, text } from "@symbolon/protocol";
import { createApp, ProtocolError, ValidationError } from "@symbolon/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { serveApp, utf8 } from "./harness.ts";

test("seeds › 21 reads what it asks for: a number, an object, truths, bytes [rows 16]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    const count: number = await socket.receive(int);
    const { hello } = await socket.receive(json(z.object({ hello: z.number() })));
    const truths: boolean[] = [await socket.receive(bool), await socket.receive(bool)];
    const raw: Uint8Array = await socket.receive(bytes);
    await socket.send({ count, hello, truths, raw: [...raw] });
  });
  const client = await (await serveApp(app)).open("/");
  for (const message of ["42", '{"hello": 42}', "1", "false", utf8("test")]) client.send(message);
  expect(await client.next()).toBe('{"count":42,"hello":42,"truths":[true,false],"raw":[116,101,115,116]}');
});

test("seeds › 22 throws a catchable error for what is no bool, and the socket goes on [rows 16, 27]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    const error: unknown = await socket.receive(bool).catch((error: unknown) => error);
    await socket.send([error instanceof ValidationError, await socket.receive(bool)]);
  });
  const client = await (await serveApp(app)).open("/");
  client.send("maybe");
  client.send("true");
  expect(await client.next()).toBe("[true,true]");
});

test("seeds › 23 throws a catchable error for what is no number, and the socket goes on [rows 16, 27]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    const error: unknown = await socket.receive(int).catch((error: unknown) => error);
    await socket.send([error instanceof ValidationError, await socket.receive(int)]);
  });
  const client = await (await serveApp(app)).open("/");
  client.send("x");
  client.send("7");
  expect(await client.next()).toBe("[true,7]");
});

test("seeds › 24 sends objects, truths and numbers as text, and bytes as bytes [rows 13, 16]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    for (const value of [{ a: 1 }, true, 7, utf8("test")]) await socket.send(value);
  });
  const client = await (await serveApp(app)).open("/");
  const heard = [await client.next(), await client.next(), await client.next(), await client.next()];
  expect(heard).toEqual(['{"a":1}', "true", "7", utf8("test")]);
});

test("seeds › row 17 checks messages by a schema, and says what is wrong", async () => {
  const point = json(z.object({ x: z.number() }));
  const app = createApp();
  app.ws("/", { receive: point, send: point }, async (socket) => {
    const error: unknown = await socket.receive().catch((error: unknown) => error);
    if (!(error instanceof ValidationError)) throw error;
    await socket.send({ x: error.issues.length });
    // @ts-expect-error -- `y` is no part of a point
    await socket.send({ x: 2, y: 3 });
  });
  const client = await (await serveApp(app)).open("/");
  client.send('{"x":"one"}');
  expect([await client.next(), await client.next()]).toEqual(['{"x":1}', '{"x":2}']);
});

test("seeds › 26 sends a value and gives the answer to it, again and again [rows 18]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    const numbers: number[] = [];
    for (let n = 0; n < 5; n += 1) numbers.push(await socket.pair(n, { as: int }));
    await socket.send(numbers);
  });
  const client = await (await serveApp(app)).open("/");
  for (let n = 0; n < 5; n += 1) client.send(await client.next());
  expect(await client.next()).toBe("[0,1,2,3,4]");
});

test("seeds › 27 receives before it sends when it is told to, and sends nothing for what it cannot read [rows 18]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    const receiveFirst = { as: int, first: "receive" } as const;
    const error: unknown = await socket.pair("never", receiveFirst).catch((error: unknown) => error);
    await socket.send(error instanceof ValidationError);
    await socket.send({ heard: await socket.pair(7, receiveFirst) });
  });
  const client = await (await serveApp(app)).open("/");
  for (const message of ["x", "0"]) client.send(message);
  expect([await client.next(), await client.next(), await client.next()]).toEqual([
    "true",
    "7",
    '{"heard":0}',
  ]);
});

test("seeds › 28 goes on when what it expects comes: text, a number, an object, bytes [rows 19]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    for (const value of ["foo", 42, { a: 1, b: 2 }, utf8("raw")]) await socket.expect(value);
    await socket.send("as expected");
  });
  const client = await (await serveApp(app)).open("/");
  for (const message of ["foo", "42", '{"b": 2, "a": 1}', utf8("raw")]) client.send(message);
  expect(await client.next()).toBe("as expected");
});

test("seeds › 29 throws an error when another message comes, which closes with 1002 when nobody catches it [rows 19, 27]", async () => {
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", async (socket) => {
    const error: unknown = await socket.expect("P1").catch((error: unknown) => error);
    await socket.send(error instanceof ProtocolError);
    await socket.expect("P1");
    await socket.send("ACK");
  });
  const client = await (await serveApp(app)).open("/");
  for (const message of ["P2", "P3"]) client.send(message);
  expect(await client.next()).toBe("true");
  expect(await client.closed).toMatchObject({ code: 1002 });
  expect(await failures.pull()).toMatchObject({ message: 'expected "P1", got "P3"' });
});

test("seeds › row 27 names the mistake when a codec gets what it cannot write", async () => {
  const caught = new BoundedQueue<unknown>();
  const app = createApp();
  app.ws("/text", { send: text }, async (socket) => {
    await socket.accept();
    try {
      // @ts-expect-error -- an object is no text
      await socket.send({ a: 1 });
    } catch (error) {
      caught.push(error);
    }
  });
  app.ws("/bytes", { send: bytes }, async (socket) => {
    await socket.accept();
    try {
      // @ts-expect-error -- a string is no bytes
      await socket.send("a string");
      caught.push("sent");
    } catch (error) {
      caught.push(error);
    }
  });
  const site = await serveApp(app);
  await site.open("/bytes");
  expect(await caught.pull()).toMatchObject({ name: "ValidationError" });
  await site.open("/text");
  expect(await caught.pull()).toMatchObject({ name: "ValidationError" });
});
