import { BoundedQueue } from "@symbolon/protocol/internal";
import { expect, onTestFinished, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";
import { waitOptions } from "../../../../test/time-limits.ts";

/** A network to an app whose handler and hook end later. */
function serveSlow() {
  const log: string[] = [];
  const app = createApp({ onError: () => {} });
  const view = app.group(async function* () {
    try {
      yield;
    } finally {
      await new Promise(setImmediate);
      log.push("hook");
    }
  });
  view.ws("/:kind", async (socket, { params: { kind } }) => {
    if (kind === "refused") throw new Response("no", { status: 403, headers: { "x-why": "no" } });
    await socket.accept();
    if (kind === "failing") throw new Error("broken");
    await socket.closed;
    await new Promise(setImmediate);
    log.push("handler");
  });
  return { net: testNetwork(app), log };
}

test("settled waits for the handler and the hooks of a client that disconnects", async () => {
  const { net, log } = serveSlow();
  const socket = await net.connect("/open");
  socket.close();
  await net.settled();
  expect(log).toEqual(["handler", "hook"]);
});

test("settled waits for the hooks of a server that closes, refuses or loses its client", async () => {
  const { net, log } = serveSlow();
  await net.connect("/failing");
  await net.settled();
  expect(log.splice(0)).toEqual(["hook"]);
  await net.refused("/refused");
  await net.settled();
  expect(log.splice(0)).toEqual(["hook"]);
  await net.connect("/open");
  net.drop();
  await net.settled();
  expect(log).toEqual(["handler", "hook"]);
});

test("settled waits for the hooks of a client that disconnected before it was accepted", async () => {
  const { passed, open } = gate();
  const called = gate();
  const ends = new BoundedQueue<string>();
  const app = createApp();
  app
    .group(async function* () {
      called.open();
      yield;
      await passed;
      ends.push("hook");
    })
    .ws("/", (socket) => socket.closed as never);
  const net = testNetwork(app);
  const connecting = net.connect("/").catch(() => {});
  await called.passed;
  net.drop();
  await connecting;
  const settled = net.settled().then(() => ends.size);
  open();
  expect(await settled).toBe(1);
});

test("settled does not wait for clients that are connected", async () => {
  const { net, log } = serveSlow();
  const [ada, bob] = [await net.connect("/open"), await net.connect("/open")];
  ada.close();
  await net.settled();
  expect(log).toEqual(["handler", "hook"]);
  bob.close();
});

test("settled waits also with fake timers", async () => {
  const { net, log } = serveSlow();
  const socket = await net.connect("/failing");
  await socket.closed;
  await vi.waitUntil(() => log.length === 1, waitOptions);
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  await net.settled();
  expect(log).toEqual(["hook"]);
});

test("refused resolves with the response that refuses", async () => {
  const { net } = serveSlow();
  const response = await net.refused("/refused", { query: { a: "1" } });
  expect([response.status, response.headers.get("x-why"), await response.text()]).toEqual([403, "no", "no"]);
  expect((await net.refused("/not/there")).status).toBe(404);
});

test("refused rejects when the handshake was accepted, and closes the socket", async () => {
  const { net, log } = serveSlow();
  await expect(net.refused("/open")).rejects.toThrow('the handshake at "/open" was accepted');
  await net.settled();
  expect(log).toEqual(["handler", "hook"]);
});
