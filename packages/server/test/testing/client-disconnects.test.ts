import { once } from "node:events";
import { expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { Clock, testNetwork, TimeoutError } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";

/** A network to an app whose hook waits until its client disconnects; the handler accepts too late. */
function serveWaitingHook() {
  const called = gate();
  const ended = gate();
  const app = createApp();
  app
    .group(async function* ({ request }) {
      called.open();
      await once(request.signal, "abort");
      yield;
      ended.open();
    })
    .ws("/", (socket) => socket.accept());
  const clock = new Clock();
  return { net: testNetwork(app, { clock }), clock, called: called.passed, ended: ended.passed };
}

test("a client that stops waiting for an answer disconnects, and its request aborts", async () => {
  const { net, clock, called, ended } = serveWaitingHook();
  const connecting = net.connect("/", { timeout: 50 }).catch((error: unknown) => error);
  await called;
  clock.advance(50);
  expect(await connecting).toBeInstanceOf(TimeoutError);
  await ended;
  expect(net.errors).toEqual([]);
});

test("drop rejects a connect that has no answer yet", async () => {
  const { net, called, ended } = serveWaitingHook();
  const connecting = net.connect("/");
  await called;
  net.drop();
  await expect(connecting).rejects.toMatchObject({ name: "HandshakeError" });
  await ended;
  expect(net.errors).toEqual([]);
});

test("a WebSocket that is closed while it connects disconnects", async () => {
  const { net, called, ended } = serveWaitingHook();
  const socket = new net.WebSocket("ws://test/");
  await called;
  socket.close();
  await ended;
  expect(net.errors).toEqual([]);
});

test("a request aborts when its socket has ended", async () => {
  const requests: Request[] = [];
  const app = createApp();
  app.ws("/", async (socket, { request }) => {
    requests.push(request);
    await socket.accept();
    await socket.closed;
  });
  const net = testNetwork(app);
  const one = await net.connect("/");
  const two = new net.WebSocket("ws://test/");
  await once(two, "open");
  expect(requests.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  one.close();
  await one.closed;
  two.close();
  await once(two, "close");
  expect(requests.map(({ signal }) => signal.aborted)).toEqual([true, true]);
});
