import { once } from "node:events";
import { expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { Clock, testNetwork, TimeoutError } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";

/** An app whose hook waits for its client to leave, and then accepts in vain. */
function waiting() {
  const asked = gate();
  const ended = gate();
  const app = createApp();
  app
    .use(async function* ({ request }) {
      asked.open();
      await once(request.signal, "abort");
      yield;
      ended.open();
    })
    .ws("/", (socket) => socket.accept());
  const clock = new Clock();
  return { net: testNetwork(app, { clock }), clock, asked: asked.passed, ended: ended.passed };
}

test("who does not wait for an answer has left, and the request says so", async () => {
  const { net, clock, asked, ended } = waiting();
  const connecting = net.connect("/", { timeout: 50 }).catch((error: unknown) => error);
  await asked;
  clock.advance(50);
  expect(await connecting).toBeInstanceOf(TimeoutError);
  await ended;
  expect(net.errors).toEqual([]);
});

test("a network that fails is told to those who have no answer yet", async () => {
  const { net, asked, ended } = waiting();
  const connecting = net.connect("/");
  await asked;
  net.drop();
  await expect(connecting).rejects.toMatchObject({ name: "HandshakeError" });
  await ended;
  expect(net.errors).toEqual([]);
});

test("a WebSocket that is closed while it connects has left", async () => {
  const { net, asked, ended } = waiting();
  const socket = new net.WebSocket("ws://test/");
  await asked;
  socket.close();
  await ended;
  expect(net.errors).toEqual([]);
});

test("a request aborts when its socket has ended, and the net lets go of it", async () => {
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
