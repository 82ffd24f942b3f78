import { setTimeout as sleep } from "node:timers/promises";
import { once } from "node:events";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { describe, expect, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";
import { type Handler, refusal, serving } from "./raw-routes.ts";

describe("when the client leaves, a generator handler", () => {
  test("that waits by the signal ends at once, and its leave is no failure", async () => {
    const { passed, open } = gate();
    const { net, onError } = serving(async function* (socket) {
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

  /** A generator that waits for `wait` when the client leaves, below a hook. */
  function waiting(wait: (socket: Parameters<Handler>[0]) => Promise<unknown>) {
    const onError = vi.fn();
    const clock = new Clock();
    const app = createApp({ onError, clock });
    const log = new BoundedQueue<string>();
    const view = app.use(function* () {
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

  test("has what hooks provide until its own end", async () => {
    const { net, log } = waiting((socket) => once(socket.signal, "abort"));
    const socket = await net.connect("/");
    await socket.receive();
    socket.close();
    expect([await log.pull(), await log.pull()]).toEqual(["the stream ends", "the hook ends"]);
  });

  test("that ignores the signal keeps the hooks waiting for 300 ms", async () => {
    const { passed, open } = gate();
    const { net, clock, log } = waiting(() => passed);
    const socket = await net.connect("/");
    await socket.receive();
    socket.close();
    await socket.closed;
    await new Promise(setImmediate);
    clock.advance(299);
    await new Promise(setImmediate);
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
        yield "nobody hears this";
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
  const { net, onError } = serving(async (socket) => {
    const sending = socket.pipe({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<string>>(() => {}),
        return: () => {
          ends.push("returned");
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    });
    for await (const message of socket) await socket.send(`you said ${String(message)}`);
    await sending;
    ends.push("ended");
  });
  const socket = await net.connect("/");
  socket.send("hello");
  expect(await socket.receive()).toBe("you said hello");
  socket.close();
  expect([await ends.pull(), await ends.pull()]).toEqual(["returned", "ended"]);
  expect(onError).not.toHaveBeenCalled();
});

describe("a stream whose first value takes time", () => {
  test("is accepted before it is there", async () => {
    const { passed, open } = gate();
    const { net } = serving(async function* () {
      await passed;
      yield "at last";
    });
    const socket = await net.connect("/");
    open();
    expect(await socket.receive()).toBe("at last");
    expect(await socket.closed).toMatchObject({ code: 1000 });
  });

  test("may accept in its own way, or refuse, while it has not waited", async () => {
    const { passed, open } = gate();
    const { net } = serving(async function* (socket) {
      await socket.accept({ headers: { "x-served-by": "me" } });
      await passed;
      yield "at last";
    });
    const socket = await net.connect("/");
    expect(socket.headers.get("x-served-by")).toBe("me");
    open();
    const { response } = await refusal(async function* (socket) {
      if (socket.state === "connecting") throw new Response("no", { status: 403 });
      yield "never";
    });
    expect(response.status).toBe(403);
  });

  test("is returned when it cannot be accepted", async () => {
    const app = createApp({ onError: () => {} });
    const ended = gate();
    const view = app.use(({ responseHeaders: answer }) => answer.set("x-city", "Orléans"));
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

test("a stream of nothing is accepted and closed with 1000", async () => {
  const socket = await serving(() => []).net.connect("/");
  expect(await socket.closed).toMatchObject({ code: 1000 });
});

test("a handler that leaves by the signal has not failed, however it hears of it", async () => {
  for (const wait of [
    (signal) => sleep(1_000_000, undefined, { signal }),
    (signal) => once(new EventTarget(), "never", { signal }),
    (signal) => once(signal, "abort").then(() => signal.throwIfAborted()),
  ] as ((signal: AbortSignal) => Promise<unknown>)[]) {
    const ended = gate();
    const errors: unknown[] = [];
    const onError = vi.fn();
    const app = createApp({ onError });
    const view = app.use(function* () {
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
