import { setTimeout as sleep } from "node:timers/promises";
import { once } from "node:events";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { describe, expect, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";
import { flushPromises } from "../flush-promises.ts";
import { gate } from "../gate.ts";
import { type Handler, connectRefused, serveHandler } from "./raw-routes.ts";

describe("when the client disconnects, a generator handler", () => {
  test("that waits with the signal ends at once, and no error is reported", async () => {
    const { passed, open } = gate();
    const { net, onError } = serveHandler(async function* (socket) {
      try {
        for (;;) {
          yield "tick";
          await sleep(1_000_000, undefined, { signal: socket.signal });
        }
      } finally {
        open();
      }
    });
    const socket = await net.connect("/");
    expect(await socket.receive()).toBe("tick");
    socket.close();
    await passed;
    expect(onError).not.toHaveBeenCalled();
  });

  /** An app whose generator handler has sent a value and waits for `wait`, after a hook. */
  function serveWaiting(wait: (socket: Parameters<Handler>[0]) => Promise<unknown>) {
    const onError = vi.fn();
    const clock = new Clock();
    const app = createApp({ onError, clock });
    const log = new BoundedQueue<string>();
    const view = app.group(function* () {
      yield;
      log.push("the hook ends");
    });
    view.ws("/", async function* (socket) {
      try {
        yield "tick";
        await wait(socket);
      } finally {
        await Promise.resolve();
        log.push("the stream ends");
      }
    });
    return { net: testNetwork(app), onError, clock, log };
  }

  test("ends before the hooks, so that it can use what they provide", async () => {
    const { net, log } = serveWaiting((socket) => once(socket.signal, "abort"));
    const socket = await net.connect("/");
    await socket.receive();
    socket.close();
    expect([await log.pull(), await log.pull()]).toEqual(["the stream ends", "the hook ends"]);
  });

  test("that ignores the signal keeps the hooks waiting for 300 ms", async () => {
    const { passed, open } = gate();
    const { net, clock, log } = serveWaiting(() => passed);
    const socket = await net.connect("/");
    await socket.receive();
    socket.close();
    await socket.closed;
    await flushPromises();
    clock.advance(299);
    await flushPromises();
    expect(log.size).toBe(0);
    clock.advance(1);
    expect(await log.pull()).toBe("the hook ends");
    open();
    expect(await log.pull()).toBe("the stream ends");
  });

  test("that fails at its end is reported", async () => {
    const { passed, open } = gate();
    const onError = vi.fn(open);
    const app = createApp({ onError });
    app.ws("/", async function* (socket) {
      try {
        yield "tick";
        await once(socket.signal, "abort");
        yield "not sent";
      } finally {
        // oxlint-disable-next-line no-unsafe-finally -- it is broken
        throw new Error("broken end");
      }
    });
    const socket = await testNetwork(app).connect("/");
    await socket.receive();
    socket.close();
    await passed;
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("broken end"), expect.anything());
  });
});

test("a pipe beside a loop ends with the socket, and the handler with both", async () => {
  const ends = new BoundedQueue<string>();
  const { net, onError } = serveHandler(async (socket) => {
    const sending = socket.pipe({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<string>>(() => {}),
        return: () => {
          ends.push("returned");
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    });
    for await (const message of socket) await socket.send(`got ${String(message)}`);
    await sending;
    ends.push("ended");
  });
  const socket = await net.connect("/");
  socket.send("hello");
  expect(await socket.receive()).toBe("got hello");
  socket.close();
  expect([await ends.pull(), await ends.pull()]).toEqual(["returned", "ended"]);
  expect(onError).not.toHaveBeenCalled();
});

describe("a stream whose first value takes time", () => {
  test("is accepted before the value is sent", async () => {
    const { passed, open } = gate();
    const { net } = serveHandler(async function* () {
      await passed;
      yield "at last";
    });
    const socket = await net.connect("/");
    open();
    expect(await socket.receive()).toBe("at last");
    expect(await socket.closed).toMatchObject({ code: 1000 });
  });

  test("may accept in its own way, or refuse, until it waits", async () => {
    const { passed, open } = gate();
    const { net } = serveHandler(async function* (socket) {
      await socket.accept({ headers: { "x-served-by": "me" } });
      await passed;
      yield "at last";
    });
    const socket = await net.connect("/");
    expect(socket.headers.get("x-served-by")).toBe("me");
    open();
    const { response } = await connectRefused(async function* (socket) {
      if (socket.state === "connecting") throw new Response("no", { status: 403 });
      yield "never";
    });
    expect(response.status).toBe(403);
  });

  test("is returned when it cannot be accepted", async () => {
    const app = createApp({ onError: () => {} });
    const ended = gate();
    const view = app.group(({ responseHeaders }) => responseHeaders.set("x-city", "Orléans"));
    view.ws("/", async function* (socket) {
      try {
        yield once(socket.signal, "abort");
      } finally {
        ended.open();
      }
    });
    await expect(testNetwork(app).connect("/")).rejects.toMatchObject({ response: { status: 500 } });
    await ended.passed;
  });
});

test("an empty stream is accepted and closed with 1000", async () => {
  const socket = await serveHandler(() => []).net.connect("/");
  expect(await socket.closed).toMatchObject({ code: 1000 });
});

test("a handler that ends by the signal has not failed, in each way to wait for the signal", async () => {
  for (const wait of [
    (signal) => sleep(1_000_000, undefined, { signal }),
    (signal) => once(new EventTarget(), "never", { signal }),
    (signal) => once(signal, "abort").then(() => signal.throwIfAborted()),
  ] as ((signal: AbortSignal) => Promise<unknown>)[]) {
    const ended = gate();
    const errors: unknown[] = [];
    const onError = vi.fn();
    const app = createApp({ onError });
    const view = app.group(function* () {
      try {
        yield;
      } catch (error) {
        errors.push(error);
      } finally {
        ended.open();
      }
    });
    view.ws("/", async (socket) => {
      await socket.accept();
      await wait(socket.signal);
    });
    (await testNetwork(app).connect("/")).close();
    await ended.passed;
    expect(errors).toEqual([]);
    expect(onError).not.toHaveBeenCalled();
  }
});
