import { CloseError, int, json } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";
import { connectUntilClosed, type Handler, connectRefused, serveHandler } from "./raw-routes.ts";

test("an echo sends text and bytes back as they arrived", async () => {
  const { net } = serveHandler(async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  await using socket = await net.connect("/");
  socket.send("hello");
  expect(await socket.receive()).toBe("hello");
  socket.send(new Uint8Array([1, 2]));
  expect(await socket.receive()).toEqual(new Uint8Array([1, 2]));
});

test("a value that is neither a string nor bytes is sent as JSON", async () => {
  const { net } = serveHandler((socket) => socket.send({ a: [1] }));
  const socket = await net.connect("/");
  expect(await socket.receive()).toBe('{"a":[1]}');
});

test("a route's codecs read and write", async () => {
  const app = createApp();
  app.ws("/", { receive: json(z.object({ n: z.number() })), send: int }, async (socket) => {
    for await (const { n } of socket) await socket.send(n * 2);
  });
  await using socket = await testNetwork(app).connect("/");
  socket.send({ n: 21 });
  expect(await socket.receive()).toBe("42");
});

describe("a generator handler", () => {
  test("sends value by value, and its end closes with 1000", async () => {
    const { net } = serveHandler(async function* () {
      yield "one";
      yield { two: 2 };
    });
    const socket = await net.connect("/");
    expect([await socket.receive(), await socket.receive()]).toEqual(["one", '{"two":2}']);
    expect(await socket.closed).toMatchObject({ code: 1000 });
  });

  test("may be synchronous, or a function that returns an array", async () => {
    for (const handler of [
      function* () {
        yield "one";
      },
      () => ["one"],
    ] as Handler[]) {
      const socket = await serveHandler(handler).net.connect("/");
      expect(await socket.receive()).toBe("one");
      expect(await socket.closed).toMatchObject({ code: 1000 });
    }
  });

  test("is returned when the client disconnects", async () => {
    const { passed, open } = gate();
    const { net } = serveHandler(async function* (socket) {
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
    expect(await socket.receive()).toBe("tick");
    socket.close();
    await passed;
  });

  test("that throws closes with 1011", async () => {
    const { closed, onError } = await connectUntilClosed(async function* () {
      yield "one";
      throw new Error("secret");
    });
    expect(closed).toMatchObject({ code: 1011, reason: "" });
    expect(onError).toHaveBeenCalledTimes(1);
  });

  test("that throws before its first value is a 500", async () => {
    // oxlint-disable-next-line require-yield -- it ends before it yields
    const { response, onError } = await connectRefused(async function* () {
      throw new Error("secret");
    });
    expect(response.status).toBe(500);
    expect(onError).toHaveBeenCalledTimes(1);
  });
});

describe("before accept", () => {
  const refuse = (): Response => new Response("try harder", { status: 418, headers: { "x-hint": "tea" } });

  test.each([
    ["returned", refuse],
    ["resolved", async () => refuse()],
    [
      "thrown",
      () => {
        throw refuse();
      },
    ],
  ] as [string, Handler][])("a Response refuses, %s", async (_, handler) => {
    const { response, onError } = await connectRefused(handler);
    expect([response.status, response.headers.get("x-hint"), await response.text()]).toEqual([
      418,
      "tea",
      "try harder",
    ]);
    expect(onError).not.toHaveBeenCalled();
  });

  test.each([
    ["close()", (socket) => socket.close(4321, "be nice")],
    [
      "a thrown CloseError",
      () => {
        throw new CloseError(4321, "be nice");
      },
    ],
  ] as [string, Handler][])("%s is a 403 with the code and reason", async (_, handler) => {
    const { response, onError } = await connectRefused(handler);
    expect([response.status, await response.json()]).toEqual([403, { code: 4321, reason: "be nice" }]);
    expect(onError).not.toHaveBeenCalled();
  });

  // S27
  test("a close with an illegal code is a RangeError at once", async () => {
    const { response, onError } = await connectRefused((socket) => socket.close(1005));
    expect(response.status).toBe(500);
    expect(onError).toHaveBeenCalledWith(expect.any(RangeError), expect.anything());
  });

  test("a handler that ends without accepting is a mistake: 500, which is reported", async () => {
    const { response, onError } = await connectRefused(() => {});
    expect(response.status).toBe(500);
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: expect.stringContaining("without accepting") }),
      { request: expect.any(Request), phase: "handshake" },
    );
  });

  test("a handler that throws is a 500 without the error's text", async () => {
    const { response, onError } = await connectRefused(() => {
      throw new Error("secret");
    });
    expect([response.status, await response.text()]).toEqual([500, "Internal Server Error"]);
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("secret"), {
      request: expect.any(Request),
      phase: "handshake",
    });
  });

  test("accepting after a close rejects with CloseError", async () => {
    const seen: unknown[] = [];
    await connectRefused(async (socket) => {
      socket.close(4000);
      seen.push(await socket.accept().catch((error: unknown) => error));
      seen.push(await socket.receive().catch((error: unknown) => error));
    });
    expect(seen).toEqual([expect.any(CloseError), expect.any(CloseError)]);
  });

  test("a subprotocol that was not offered rejects with TypeError, which is a 500", async () => {
    const { response, onError } = await connectRefused((socket) => socket.accept({ subprotocol: "chat" }));
    expect(response.status).toBe(500);
    expect(onError).toHaveBeenCalledWith(expect.any(TypeError), expect.anything());
  });

  test("after a subprotocol that was not offered, the handshake can still be accepted", async () => {
    const { net } = serveHandler(async (socket) => {
      await socket.accept({ subprotocol: "chat" }).catch(() => socket.accept());
      await socket.send("hello");
    });
    expect(await (await net.connect("/")).receive()).toBe("hello");
  });

  test("the handler chooses one of the offered subprotocols", async () => {
    const { net } = serveHandler((socket) => socket.accept({ subprotocol: "chat" }));
    const socket = await net.connect("/", { protocols: ["mail", "chat"] });
    expect(socket.protocol).toBe("chat");
  });
});
