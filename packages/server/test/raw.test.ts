import { CloseError, int, json, text } from "@symbolon/protocol";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createApp } from "../src/app.ts";
import type { SocketHandler } from "../src/raw.ts";
import type { Socket } from "../src/server-socket.ts";
import { testClient } from "../src/testing.ts";

type Handler = SocketHandler<Socket, unknown>;

function serving(handler: Handler) {
  const onError = vi.fn();
  const app = createApp({ onError });
  app.ws("/", handler);
  return { net: testClient(app), onError };
}

/** How the server refused. */
async function refusal(handler: Handler) {
  const { net, onError } = serving(handler);
  const error: unknown = await net.connect("/").catch((error: unknown) => error);
  return { response: (error as { response: Response }).response, onError };
}

/** How the connection ended. */
async function end(handler: Handler, ...said: unknown[]) {
  const { net, onError } = serving(handler);
  const socket = await net.connect("/");
  for (const one of said) socket.send(one);
  return { closed: await socket.closed, onError };
}

test("an echo sends back what came, text and bytes alike", async () => {
  const { net } = serving(async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  await using socket = await net.connect("/");
  socket.send("hello");
  expect(await socket.receive()).toBe("hello");
  socket.send(new Uint8Array([1, 2]));
  expect(await socket.receive()).toEqual(new Uint8Array([1, 2]));
});

test("what is neither a string nor bytes goes out as JSON", async () => {
  const { net } = serving((socket) => socket.send({ a: [1] }));
  const socket = await net.connect("/");
  expect(await socket.receive()).toBe('{"a":[1]}');
});

test("a route's codecs read and write", async () => {
  const app = createApp();
  app.ws("/", { receive: json(z.object({ n: z.number() })), send: int }, async (socket) => {
    for await (const { n } of socket) await socket.send(n * 2);
  });
  await using socket = await testClient(app).connect("/");
  socket.send({ n: 21 });
  expect(await socket.receive()).toBe("42");
});

describe("a generator handler", () => {
  test("is sent value by value, and its end closes with 1000", async () => {
    const { net } = serving(async function* () {
      yield "one";
      yield { two: 2 };
    });
    const socket = await net.connect("/");
    expect([await socket.receive(), await socket.receive()]).toEqual(["one", '{"two":2}']);
    expect(await socket.closed).toMatchObject({ code: 1000 });
  });

  test("may be a plain generator, or return an array", async () => {
    for (const handler of [function* () { yield "one"; }, () => ["one"]] as Handler[]) {
      const socket = await serving(handler).net.connect("/");
      expect(await socket.receive()).toBe("one");
      expect(await socket.closed).toMatchObject({ code: 1000 });
    }
  });

  test("is returned when the client leaves", async () => {
    const { promise, open } = gate();
    const { net } = serving(async function* (socket) {
      try {
        for (;;) {
          yield "tick";
          await socket.closed;
        }
      } finally {
        open();
      }
    });
    const socket = await net.connect("/");
    await socket.receive();
    socket.close();
    await promise;
  });

  test("that throws closes with 1011", async () => {
    const { closed, onError } = await end(async function* () {
      yield "one";
      throw new Error("secret");
    });
    expect(closed).toMatchObject({ code: 1011, reason: "" });
    expect(onError).toHaveBeenCalledTimes(1);
  });

  test("that throws before its first value is a 500", async () => {
    const { response, onError } = await refusal(async function* () { // oxlint-disable-line require-yield -- it never gets there
      throw new Error("secret");
    });
    expect(response.status).toBe(500);
    expect(onError).toHaveBeenCalledTimes(1);
  });
});

function gate() {
  let open = (): void => {};
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}

describe("before accept", () => {
  const no = (): Response => new Response("try harder", { status: 418, headers: { "x-hint": "tea" } });

  test.each([
    ["returned", no],
    ["resolved", async () => no()],
    ["thrown", () => { throw no(); }],
  ] as [string, Handler][])("a Response refuses, %s", async (_, handler) => {
    const { response, onError } = await refusal(handler);
    expect([response.status, response.headers.get("x-hint"), await response.text()]).toEqual([418, "tea", "try harder"]);
    expect(onError).not.toHaveBeenCalled();
  });

  test.each([
    ["close()", (socket) => socket.close(4321, "be nice")],
    ["a thrown CloseError", () => { throw new CloseError(4321, "be nice"); }],
  ] as [string, Handler][])("%s is a 403 with the code and reason", async (_, handler) => {
    const { response, onError } = await refusal(handler);
    expect([response.status, await response.json()]).toEqual([403, { code: 4321, reason: "be nice" }]);
    expect(onError).not.toHaveBeenCalled();
  });

  test("a close with an illegal code is a RangeError at once", async () => {
    const { response, onError } = await refusal((socket) => socket.close(1005));
    expect(response.status).toBe(500);
    expect(onError).toHaveBeenCalledWith(expect.any(RangeError), expect.anything());
  });

  test("a handler that ends without accepting is a mistake: 500, and the app is told", async () => {
    const { response, onError } = await refusal(() => {});
    expect(response.status).toBe(500);
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: expect.stringContaining("without accepting") }), {
      request: expect.any(Request),
    });
  });

  test("a handler that throws is a 500 with nothing of the error", async () => {
    const { response, onError } = await refusal(() => {
      throw new Error("secret");
    });
    expect([response.status, await response.text()]).toEqual([500, "Internal Server Error"]);
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("secret"), { request: expect.any(Request) });
  });

  test("accepting after a close rejects with CloseError", async () => {
    const seen: unknown[] = [];
    await refusal(async (socket) => {
      socket.close(4000);
      seen.push(await socket.accept().catch((error: unknown) => error));
      seen.push(await socket.receive().catch((error: unknown) => error));
    });
    expect(seen).toEqual([expect.any(CloseError), expect.any(CloseError)]);
  });

  test("a subprotocol that was not offered rejects with TypeError, which is a 500", async () => {
    const { response, onError } = await refusal((socket) => socket.accept({ subprotocol: "chat" }));
    expect(response.status).toBe(500);
    expect(onError).toHaveBeenCalledWith(expect.any(TypeError), expect.anything());
  });

  test("after a subprotocol that was not offered, the handshake can still be accepted", async () => {
    const { net } = serving(async (socket) => {
      await socket.accept({ subprotocol: "chat" }).catch(() => socket.accept());
      await socket.send("hello");
    });
    expect(await (await net.connect("/")).receive()).toBe("hello");
  });

  test("a subprotocol that was offered is agreed on", async () => {
    const { net } = serving((socket) => socket.accept({ subprotocol: "chat" }));
    const socket = await net.connect("/", { protocols: ["mail", "chat"] });
    expect(socket.protocol).toBe("chat");
  });
});

describe("after accept", () => {
  test("a handler that returns closes with 1000", async () => {
    const { closed } = await end((socket) => socket.accept());
    expect(closed).toEqual({ code: 1000, reason: "", wasClean: true });
  });

  test("accepting twice has no effect", async () => {
    const { closed, onError } = await end(async (socket) => {
      await socket.accept();
      await socket.accept({ subprotocol: "other" });
      await socket.send("still here");
    });
    expect(closed).toMatchObject({ code: 1000 });
    expect(onError).not.toHaveBeenCalled();
  });

  test("a handler that throws closes with 1011 and nothing of the error", async () => {
    const { closed, onError } = await end(async (socket) => {
      await socket.accept();
      throw new Error("secret");
    });
    expect(closed).toEqual({ code: 1011, reason: "", wasClean: true });
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("secret"), { request: expect.any(Request) });
  });

  test("a thrown CloseError closes with its code and reason", async () => {
    const { closed, onError } = await end(async (socket) => {
      await socket.accept();
      throw new CloseError(4321, "be nice");
    });
    expect(closed).toMatchObject({ code: 4321, reason: "be nice" });
    expect(onError).not.toHaveBeenCalled();
  });

  test("a thrown CloseError whose code may not be sent closes with 1011", async () => {
    const { closed } = await end(async (socket) => {
      await socket.accept();
      throw new CloseError(1006);
    });
    expect(closed).toMatchObject({ code: 1011 });
  });

  test("an uncaught ValidationError closes with 1003", async () => {
    const { closed } = await end(async (socket) => void (await socket.receive(int)), "not a number");
    expect(closed).toMatchObject({ code: 1003 });
  });

  test("a caught ValidationError leaves the socket open", async () => {
    const { net } = serving(async (socket) => {
      const first = await socket.receive(int).catch(() => -1);
      await socket.send([first, await socket.receive(int)]);
    });
    const socket = await net.connect("/");
    socket.send("not a number");
    socket.send("7");
    expect(await socket.receive(json())).toEqual([-1, 7]);
  });

  test("what was sent arrives before the close", async () => {
    const { net } = serving((socket) => {
      for (let n = 0; n < 3; n += 1) socket.send(String(n));
    });
    const socket = await net.connect("/");
    const heard: unknown[] = [];
    for await (const message of socket) heard.push(message);
    expect(heard).toEqual(["0", "1", "2"]);
  });
});

describe("when the client leaves", () => {
  test("while the handler awaits something else, the signal aborts, closed resolves and the loop ends", async () => {
    const { promise, open } = gate();
    const seen: unknown[] = [];
    const { net, onError } = serving(async (socket) => {
      try {
        await socket.accept();
        await new Promise((resolve) => socket.signal.addEventListener("abort", resolve));
        seen.push(socket.signal.reason, await socket.closed);
        for await (const _ of socket) seen.push("never");
        seen.push(await socket.send("late").then(undefined, (error: unknown) => error));
        await socket.receive();
      } finally {
        open();
      }
    });
    const socket = await net.connect("/");
    socket.close(4002, "away");
    await promise;
    expect(seen).toEqual([
      expect.objectContaining({ code: 4002, reason: "away" }),
      { code: 4002, reason: "away", wasClean: true },
      expect.any(CloseError),
    ]);
    expect(onError).not.toHaveBeenCalled();
  });

  test("its hooks end, and see no error for a clean leave", async () => {
    const { promise, open } = gate();
    const log: string[] = [];
    const app = createApp();
    const view = app.use(function* () {
      try {
        yield;
        log.push("no error");
      } catch {
        log.push("error");
      } finally {
        open();
      }
    });
    view.ws("/", async (socket) => void (await socket.receive()));
    const socket = await testClient(app).connect("/");
    socket.close(1001);
    await promise;
    expect(log).toEqual(["no error"]);
  });

  test("a broken network ends it with 1006", async () => {
    const { promise, open } = gate();
    const seen: unknown[] = [];
    const { net } = serving(async (socket) => {
      await socket.accept();
      seen.push(await socket.closed);
      open();
    });
    await net.connect("/");
    net.drop();
    await promise;
    expect(seen).toEqual([{ code: 1006, reason: "", wasClean: false }]);
  });
});

test("hooks see the error of the handler", async () => {
  const log: unknown[] = [];
  const broken = new Error("broken handler");
  const app = createApp({ onError: () => {} });
  const view = app.use(async function* () {
    try {
      yield;
    } catch (error) {
      log.push(error);
      throw error;
    }
  });
  view.ws("/", { send: text }, async (socket) => {
    await socket.send("one");
    throw broken;
  });
  const socket = await testClient(app).connect("/");
  await socket.closed;
  expect(log).toEqual([broken]);
});
