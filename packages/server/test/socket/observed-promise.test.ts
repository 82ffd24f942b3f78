import { int, ValidationError } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";
import { end, type Handler, refusal, serving } from "./raw-routes.ts";

const unhandled = vi.fn();
beforeEach(() => {
  unhandled.mockClear();
  process.on("unhandledRejection", unhandled);
});
afterEach(async () => {
  await new Promise(setImmediate);
  process.off("unhandledRejection", unhandled);
  for (const [reason] of unhandled.mock.calls) throw reason; // it would have ended the process
});

const broken = new Error("broken");

async function* breaking() {
  yield "tick";
  throw broken;
}

describe("a source that fails while the handler waits for something else", () => {
  const handlers: [string, Handler][] = [
    [
      "awaits it later",
      async (socket) => {
        const sending = socket.pipe(breaking());
        for await (const message of socket) await socket.send(message);
        await sending;
      },
    ],
    [
      "never awaits it",
      async (socket) => {
        void socket.pipe(breaking());
        for await (const message of socket) await socket.send(message);
      },
    ],
    [
      "has hung something on it",
      async (socket) => {
        void socket.pipe(breaking()).then(() => socket.close());
        await socket.closed;
      },
    ],
  ];

  test.each(handlers)("that %s ends the socket with 1011", async (_, handler) => {
    const { closed, onError } = await end(handler);
    expect(closed).toMatchObject({ code: 1011, reason: "" });
    const phase = expect.objectContaining({ phase: "open" });
    expect(onError).toHaveBeenCalledExactlyOnceWith(broken, phase);
  });

  test("is what the hooks see", async () => {
    const seen = new BoundedQueue<unknown>();
    const app = createApp({ onError: () => ({ code: 4000, reason: "out of ticks" }) });
    const view = app.use(function* () {
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
    const { response, onError } = await refusal(async (socket) => {
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

test("a source whose failure is caught leaves the socket open", async () => {
  const { net, onError } = serving(async (socket) => {
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

describe("a receive that nobody awaits", () => {
  test("ends with the socket, though the handler has returned, and that is no failure", async () => {
    const { closed, onError } = await end(async (socket) => {
      await socket.accept();
      void socket.receive();
      void socket.receive().then((message) => socket.send(message));
      void socket.pair("hello");
      void socket.expect("hello");
    });
    expect(closed).toMatchObject({ code: 1000 });
    expect(onError).not.toHaveBeenCalled();
  });

  test("of what the codec cannot read closes with 1003", async () => {
    const { closed, onError } = await end(async (socket) => {
      void socket.receive(int).then((n) => socket.send(n));
      await socket.closed;
    }, "seven");
    expect(closed).toMatchObject({ code: 1003 });
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(ValidationError), expect.anything());
  });

  test("whose reader fails closes with 1011", async () => {
    const { closed, onError } = await end(async (socket) => {
      void socket.receive().then(() => {
        throw broken;
      });
      await socket.closed;
    }, "hello");
    expect(closed).toMatchObject({ code: 1011 });
    expect(onError).toHaveBeenCalledExactlyOnceWith(broken, expect.anything());
  });
});

test("an accept that nobody awaits, and that cannot be, refuses", async () => {
  const { response, onError } = await refusal(async (socket) => {
    void socket.accept({ headers: { "x-name": "Zoë" } });
    await socket.closed;
  });
  expect(response.status).toBe(500);
  expect(onError).toHaveBeenCalledOnce();
});

test("a client that left before the socket was accepted harms nobody", async () => {
  const { passed, open } = gate();
  const knocked = gate();
  const done = gate();
  const { net, onError } = serving(async (socket) => {
    knocked.open();
    await passed;
    void socket.accept();
    void socket.receive();
    await socket.closed;
    done.open();
  });
  const leaving = net.connect("/").catch(() => {});
  await knocked.passed;
  net.drop();
  open();
  await Promise.all([leaving, done.passed]);
  await new Promise(setImmediate);
  expect(onError.mock.calls.map(([error]: unknown[]) => String(error))).toEqual([]);
});
