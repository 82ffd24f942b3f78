import { expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";
import { serveHandler } from "./raw-routes.ts";

test("a message for a generator that does not read closes with 1003 and a reason, and the generator ends", async () => {
  const { passed, open } = gate();
  const { net, onError } = serveHandler(async function* (socket) {
    try {
      yield "tick";
      await socket.closed;
    } finally {
      open();
    }
  });
  const socket = await net.connect("/");
  socket.send("hello?");
  expect(await socket.receive()).toBe("tick");
  expect(await socket.closed).toEqual({
    code: 1003,
    reason: "this route only sends: it does not read messages",
    wasClean: true,
  });
  await passed;
  expect(onError).not.toHaveBeenCalled();
});

test("a message for a generator that does not read is dropped with the option `unread`", async () => {
  const { passed, open } = gate();
  const app = createApp();
  app.ws("/", { unread: "discard" }, async function* () {
    yield "tick";
    await passed;
    yield "tock";
  });
  const socket = await testNetwork(app).connect("/");
  socket.send("hello?");
  expect(await socket.receive()).toBe("tick");
  open();
  expect(await socket.receive()).toBe("tock");
  expect(await socket.closed).toMatchObject({ code: 1000 });
});

test("a generator that reads receives its messages", async () => {
  const { net } = serveHandler(async function* (socket) {
    yield "who are you?";
    yield `hello ${String(await socket.receive())}`;
    for await (const message of socket) yield message;
  });
  const socket = await net.connect("/");
  expect(await socket.receive()).toBe("who are you?");
  for (const message of ["ada", "again"]) socket.send(message);
  expect([await socket.receive(), await socket.receive()]).toEqual(["hello ada", "again"]);
});

test("a handler that is not a generator may leave messages unread", async () => {
  const { passed, open } = gate();
  const { net } = serveHandler(async (socket) => {
    await socket.pipe(["one"]);
    await passed;
    await socket.send(await socket.receive());
  });
  const socket = await net.connect("/");
  socket.send("early");
  expect(await socket.receive()).toBe("one");
  open();
  expect(await socket.receive()).toBe("early");
});
