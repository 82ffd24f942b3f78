import { int, ValidationError } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { flushPromises } from "../flush-promises.ts";
import { gate } from "../gate.ts";
import { connectUntilClosed, type Handler, connectRefused, serveHandler } from "./raw-routes.ts";

const unhandled = vi.fn();
beforeEach(() => {
  unhandled.mockClear();
  process.on("unhandledRejection", unhandled);
});
afterEach(async () => {
  await flushPromises();
  process.off("unhandledRejection", unhandled);
  for (const [reason] of unhandled.mock.calls) throw reason; // without the listener it would end the process
});

const broken = new Error("broken");

async function* breaking() {
  yield "tick";
  throw broken;
}

describe("a piped source that fails while the handler waits for something else", () => {
  const handlers: [string, Handler][] = [
    [
      "awaits the pipe later",
      async (socket) => {
        const sending = socket.pipe(breaking());
        for await (const message of socket) await socket.send(message);
        await sending;
      },
    ],
    [
      "never awaits the pipe",
      async (socket) => {
        void socket.pipe(breaking());
        for await (const message of socket) await socket.send(message);
      },
    ],
    [
      "only adds a `then` to the pipe",
      async (socket) => {
        void socket.pipe(breaking()).then(() => socket.close());
        await socket.closed;
      },
    ],
  ];

  test.each(handlers)("that %s ends the socket with 1011", async (_, handler) => {
    const { closed, onError } = await connectUntilClosed(handler);
    expect(closed).toMatchObject({ code: 1011, reason: "" });
    const phase = expect.objectContaining({ phase: "open" });
    expect(onError).toHaveBeenCalledExactlyOnceWith(broken, phase);
  });

  test("is the error that the hooks receive", async () => {
    const seen = new BoundedQueue<unknown>();
    const app = createApp({ onError: () => ({ code: 4000, reason: "out of ticks" }) });
    const view = app.group(function* () {
      try {
        yield;
      } catch (error) {
        seen.push(error);
        throw error;
      }
    });
    view.ws("/", handlers[1]?.[1] as Handler);
    const socket = await testNetwork(app).connect("/");
    expect(await socket.closed).toMatchObject({ code: 4000, reason: "out of ticks" });
    expect(await seen.pull()).toBe(broken);
  });

  test("before the socket was accepted refuses with 500", async () => {
    const { response, onError } = await connectRefused(async (socket) => {
      const sending = socket.pipe(
        (async function* () {
          if (socket.state === "connecting") throw broken;
          yield "never";
        })(),
      );
      await socket.closed;
      await sending;
    });
    expect(response.status).toBe(500);
    const phase = expect.objectContaining({ phase: "handshake" });
    expect(onError).toHaveBeenCalledExactlyOnceWith(broken, phase);
  });
});

test("a piped source whose error is caught leaves the socket open", async () => {
  const { net, onError } = serveHandler(async (socket) => {
    await socket.pipe(breaking()).catch(() => socket.send("sorry"));
    await socket.send(await socket.receive());
  });
  const socket = await net.connect("/");
  socket.send("go on");
  expect([await socket.receive(), await socket.receive(), await socket.receive()]).toEqual([
    "tick",
    "sorry",
    "go on",
  ]);
  expect(onError).not.toHaveBeenCalled();
});

describe("a receive that no code awaits", () => {
  test("ends with the socket, though the handler has returned, and no error is reported", async () => {
    const { closed, onError } = await connectUntilClosed(async (socket) => {
      await socket.accept();
      void socket.receive();
      void socket.receive().then((message) => socket.send(message));
      void socket.pair("hello");
      void socket.expect("hello");
    });
    expect(closed).toMatchObject({ code: 1000 });
    expect(onError).not.toHaveBeenCalled();
  });

  test("of a message that the codec cannot read closes with 1003", async () => {
    const { closed, onError } = await connectUntilClosed(async (socket) => {
      void socket.receive(int).then((n) => socket.send(n));
      await socket.closed;
    }, "seven");
    expect(closed).toMatchObject({ code: 1003 });
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(ValidationError), expect.anything());
  });

  test("whose `then` callback throws closes with 1011", async () => {
    const { closed, onError } = await connectUntilClosed(async (socket) => {
      void socket.receive().then(() => {
        throw broken;
      });
      await socket.closed;
    }, "hello");
    expect(closed).toMatchObject({ code: 1011 });
    expect(onError).toHaveBeenCalledExactlyOnceWith(broken, expect.anything());
  });
});

test("an accept that fails and that no code awaits refuses with 500", async () => {
  const { response, onError } = await connectRefused(async (socket) => {
    void socket.accept({ headers: { "x-name": "Zoë" } });
    await socket.closed;
  });
  expect(response.status).toBe(500);
  expect(onError).toHaveBeenCalledOnce();
});

test("the promises of a socket whose client disconnected before accept report nothing", async () => {
  const { passed, open } = gate();
  const called = gate();
  const done = gate();
  const { net, onError } = serveHandler(async (socket) => {
    called.open();
    await passed;
    void socket.accept();
    void socket.receive();
    await socket.closed;
    done.open();
  });
  const connecting = net.connect("/").catch(() => {});
  await called.passed;
  net.drop();
  open();
  await Promise.all([connecting, done.passed]);
  await flushPromises();
  expect(onError.mock.calls.map(([error]: unknown[]) => String(error))).toEqual([]);
});
