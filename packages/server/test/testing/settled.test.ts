import { BoundedQueue } from "@symbolon/protocol/internal";
import { expect, onTestFinished, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";

/** An app whose handler and hook take their time to end. */
function slow() {
  const log: string[] = [];
  const app = createApp({ onError: () => {} });
  const view = app.use(async function* () {
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

test("settled waits for the handler and the hooks of a client that leaves", async () => {
  const { net, log } = slow();
  const socket = await net.connect("/open");
  socket.close();
  await net.settled();
  expect(log).toEqual(["handler", "hook"]);
});

test("settled waits for the hooks of a server that closes, refuses or loses its client", async () => {
  const { net, log } = slow();
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

test("settled waits for the endings of one that left before it was accepted", async () => {
  const { passed, open } = gate();
  const asked = gate();
  const ends = new BoundedQueue<string>();
  const app = createApp();
  app
    .use(async function* () {
      asked.open();
      yield;
      await passed;
      ends.push("hook");
    })
    .ws("/", (socket) => socket.closed as never);
  const net = testNetwork(app);
  const knocking = net.connect("/").catch(() => {});
  await asked.passed;
  net.drop();
  await knocking;
  const settled = net.settled().then(() => ends.size);
  open();
  expect(await settled).toBe(1);
});

test("settled does not wait for those who are connected", async () => {
  const { net, log } = slow();
  const [ada, bob] = [await net.connect("/open"), await net.connect("/open")];
  ada.close();
  await net.settled();
  expect(log).toEqual(["handler", "hook"]);
  bob.close();
});

test("settled waits for what happens, though a test has taken the timers in hand", async () => {
  const { net, log } = slow();
  const socket = await net.connect("/failing");
  await socket.closed;
  await vi.waitUntil(() => log.length === 1);
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  await net.settled();
  expect(log).toEqual(["hook"]);
});

test("refused is the response that refuses", async () => {
  const { net } = slow();
  const response = await net.refused("/refused", { query: { a: "1" } });
  expect([response.status, response.headers.get("x-why"), await response.text()]).toEqual([403, "no", "no"]);
  expect((await net.refused("/not/there")).status).toBe(404);
});

test("refused rejects when the handshake was accepted, and closes what was opened", async () => {
  const { net, log } = slow();
  await expect(net.refused("/open")).rejects.toThrow('the handshake at "/open" was accepted');
  await net.settled();
  expect(log).toEqual(["handler", "hook"]);
});
