import { binary, bytes, type Closed, int, json, text, ValidationError } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { listen } from "../../src/socket/listen.ts";
import type { Socket } from "../../src/socket/socket.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { flushPromises } from "../flush-promises.ts";
import { gate } from "../gate.ts";

const Pair = z.object({ a: z.number(), b: z.number() });

/** An app and a network to it. */
function createTestApp() {
  const onError = vi.fn();
  const app = createApp({ onError });
  return { app, onError, net: testNetwork(app) };
}

describe("the result of a listener", () => {
  test("is sent by the route's codec, also as a promise", async () => {
    const { app, net } = createTestApp();
    app.ws(
      "/shout",
      { receive: text, send: text },
      listen((line) => line.toUpperCase()),
    );
    app.ws(
      "/sum",
      { receive: json(Pair), send: binary(json(z.number())) },
      listen(async ({ a, b }) => a + b),
    );
    const [shout, sum] = [await net.connect("/shout"), await net.connect("/sum")];
    shout.send("hello");
    sum.send({ a: 1, b: 2 });
    expect(await shout.receive()).toBe("HELLO");
    expect(await sum.receive()).toEqual(new TextEncoder().encode("3"));
  });

  test("is sent as it is without codecs, and undefined is not sent", async () => {
    const { app, net } = createTestApp();
    app.ws(
      "/",
      listen((message) => (message === "quiet" ? undefined : { message })),
    );
    const socket = await net.connect("/");
    for (const line of ["quiet", "loud"]) socket.send(line);
    expect(await socket.receive()).toBe('{"message":"loud"}');
  });

  test("is dropped when the listener has closed the socket, and no error is reported", async () => {
    const { app, net, onError } = createTestApp();
    const ended = new BoundedQueue<unknown>();
    const view = app.group(function* () {
      try {
        yield;
        ended.push("no error");
      } catch (error) {
        ended.push(error);
      }
    });
    view.ws(
      "/",
      { send: int },
      listen((_, socket) => {
        socket.close(4001, "enough");
        return 1.5;
      }),
    );
    const socket = await net.connect("/");
    socket.send("hello");
    expect(await socket.closed).toEqual({ code: 4001, reason: "enough", wasClean: true });
    expect(await ended.pull()).toBe("no error");
    expect(onError).not.toHaveBeenCalled();
  });
});

test("a listener receives messages one after another, in order", async () => {
  const { app, net } = createTestApp();
  const first = gate();
  const log: string[] = [];
  app.ws(
    "/",
    { receive: text },
    listen(async (line) => {
      log.push(`${line} begins`);
      if (line === "1") await first.passed;
      log.push(`${line} ends`);
      return line;
    }),
  );
  const socket = await net.connect("/");
  for (const line of ["1", "2"]) socket.send(line);
  await flushPromises();
  expect(log).toEqual(["1 begins"]);
  first.open();
  expect([await socket.receive(), await socket.receive()]).toEqual(["1", "2"]);
  expect(log).toEqual(["1 begins", "1 ends", "2 begins", "2 ends"]);
});

describe("a message of the wrong kind", () => {
  test.each([
    ["text", text, new Uint8Array([1]), "right"],
    ["int", int, new Uint8Array([49]), "7"],
    ["bytes", bytes, "wrong", new Uint8Array([1])],
    ["binary JSON", binary(json()), '"wrong"', new TextEncoder().encode('"right"')],
  ])("is dropped for a listener to %s", async (_, receive, wrong, right) => {
    const { app, net, onError } = createTestApp();
    const received: unknown[] = [];
    app.ws(
      "/",
      { receive },
      listen((value) => {
        received.push(value);
        return "received";
      }),
    );
    const socket = await net.connect("/");
    socket.send(wrong);
    socket.send(right);
    expect(await socket.receive()).toBe("received");
    expect(received).toHaveLength(1);
    socket.send(wrong);
    socket.send(right);
    expect(await socket.receive()).toBe("received");
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(ValidationError), {
      request: expect.any(Request),
      phase: "receive",
    });
    const [[error]] = onError.mock.calls as [[Error]];
    expect(error.message).toMatch(
      /expected a (text|binary) message, got a (text|binary) one: the listener drops/,
    );
  });

  test("does not exist for JSON, which is read from text and binary messages", async () => {
    const { app, net } = createTestApp();
    app.ws(
      "/",
      { receive: json() },
      listen((value) => JSON.stringify(value)),
    );
    const socket = await net.connect("/");
    socket.send("1");
    socket.send(new TextEncoder().encode("[2]"));
    expect([await socket.receive(), await socket.receive()]).toEqual(["1", "[2]"]);
  });
});

test.each([
  ["invalid JSON", "{"],
  ["JSON that the schema rejects", '{"a":1,"b":"2"}'],
])("%s closes with 1003", async (_, message) => {
  const { app, net } = createTestApp();
  app.ws(
    "/",
    { receive: json(Pair) },
    listen(() => "never"),
  );
  const socket = await net.connect("/");
  socket.send(message);
  expect(await socket.closed).toMatchObject({ code: 1003 });
});

describe("an object", () => {
  test("may be an instance of a class, and keeps its `this`", async () => {
    class Counter {
      #count = 0;
      message(n: number): number {
        this.#count += n;
        return this.#count;
      }
    }
    const { app, net } = createTestApp();
    app.ws("/", { receive: int, send: int }, listen(new Counter()));
    const socket = await net.connect("/");
    for (const n of [1, 2]) socket.send(n);
    expect([await socket.receive(int), await socket.receive(int)]).toEqual([1, 3]);
  });

  test("has `open` called when the handshake was accepted, before the first message", async () => {
    const { app, net } = createTestApp();
    const log: unknown[] = [];
    app.ws(
      "/:name",
      { receive: text },
      listen({
        open: async (socket, { params }) => {
          log.push(socket.state);
          await socket.send(`hello ${params.name}`);
        },
        message: (line) => line,
      }),
    );
    const socket = await net.connect("/ada");
    socket.send("hi");
    expect([await socket.receive(), await socket.receive()]).toEqual(["hello ada", "hi"]);
    expect(log).toEqual(["open"]);
  });

  /** A network to an app with a listener, whose `close` calls a function that a hook provides. */
  function serveListener(message: () => unknown, open: () => unknown = () => {}) {
    const { app, net, onError } = createTestApp();
    const closed = vi.fn<(closed: Closed) => void>();
    const ended = gate();
    const view = app.group(function* () {
      yield { log: closed };
      ended.open();
    });
    view.ws("/", listen({ open, message, close: (how, _, { log }) => log(how) }));
    return { net, closed, onError, ended: ended.passed };
  }

  test("has `close` called once when the client disconnects, before the hooks end", async () => {
    const { net, closed, ended } = serveListener(() => {});
    (await net.connect("/")).close(4001, "bye");
    await ended;
    expect(closed).toHaveBeenCalledExactlyOnceWith({ code: 4001, reason: "bye", wasClean: true });
  });

  test("has `close` called once when the network breaks", async () => {
    const { net, closed, ended } = serveListener(() => {});
    await net.connect("/");
    net.drop();
    await ended;
    expect(closed).toHaveBeenCalledExactlyOnceWith({ code: 1006, reason: "", wasClean: false });
  });

  const crash = () => {
    throw new Error("secret");
  };
  test.each([
    ["message", crash, undefined],
    ["open", () => {}, crash],
  ])("has `close` called once when its `%s` throws", async (_, message, open) => {
    const { app, net, onError } = createTestApp();
    const ends = new BoundedQueue<Closed>();
    app.ws("/", listen({ message, ...(open && { open }), close: (how) => ends.push(how) }));
    const socket = await net.connect("/");
    socket.send("hello");
    expect(await socket.closed).toEqual({ code: 1011, reason: "", wasClean: true });
    expect(await ends.pull()).toEqual({ code: 1011, reason: "", wasClean: true });
    expect(ends.size).toBe(0);
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("secret"), expect.anything());
  });

  test("has the error of its `close` reported, and the hooks end", async () => {
    const { app, net, onError } = createTestApp();
    const ended = gate();
    const view = app.group(function* () {
      yield;
      ended.open();
    });
    const failing = () => Promise.reject(new Error("broken end"));
    view.ws("/", listen({ message: () => {}, close: failing }));
    (await net.connect("/")).close();
    await ended.passed;
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("broken end"), expect.anything());
  });

  test("has neither `open` nor `close` called when the handshake was refused", async () => {
    const { app, net } = createTestApp();
    const called = vi.fn();
    const view = app.group(() => new Response("no", { status: 403 }));
    view.ws("/", listen({ open: called, message: called, close: called }));
    await expect(net.connect("/")).rejects.toMatchObject({ response: { status: 403 } });
    expect(called).not.toHaveBeenCalled();
  });

  test("may be called by a handler, and has `close` called all the same", async () => {
    const { app, net } = createTestApp();
    const log = new BoundedQueue<unknown>();
    const echo = listen<Socket, unknown>({
      message: (message) => message,
      close: ({ code }) => log.push(code),
    });
    app.ws("/", async (socket, context) => {
      await socket.accept({ subprotocol: "echo" });
      await echo(socket, context);
      log.push("around");
    });
    const socket = await net.connect("/", { protocols: ["echo"] });
    socket.send("hello");
    expect([socket.protocol, await socket.receive()]).toEqual(["echo", "hello"]);
    socket.close(4001);
    expect([await log.pull(), await log.pull()]).toEqual(["around", 4001]);
  });
});
