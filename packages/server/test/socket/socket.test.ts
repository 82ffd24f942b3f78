import { CloseError, int, json, ProtocolError, text, ValidationError } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import type { ExpectedMessage } from "../../src/socket/expect.ts";
import type { Socket } from "../../src/socket/socket.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";
import { connectUntilClosed, connectRefused, serveHandler } from "./raw-routes.ts";

describe("pair", () => {
  test("sends, and resolves with the next message", async () => {
    const { net } = serveHandler(async (socket) => {
      const numbers: number[] = [];
      for (let n = 0; n < 5; n += 1) numbers.push(await socket.pair(n, { as: int }));
      await socket.send(numbers);
    });
    const socket = await net.connect("/");
    for (let n = 0; n < 5; n += 1) socket.send(await socket.receive(int));
    expect(await socket.receive()).toBe("[0,1,2,3,4]");
  });

  test("receives first with the option `first`", async () => {
    const { net } = serveHandler(async (socket) => {
      await socket.send(await socket.pair("thanks", { as: int, first: "receive" }));
    });
    const socket = await net.connect("/");
    socket.send("0");
    expect([await socket.receive(), await socket.receive()]).toEqual(["thanks", "0"]);
  });

  test("reads by the route's codec without the option `as`", async () => {
    const app = createApp();
    app.ws("/", { receive: int, send: text }, async (socket) => {
      const n = await socket.pair("how many?");
      await socket.send(`twice: ${n * 2}`);
    });
    const socket = await testNetwork(app).connect("/");
    expect(await socket.receive()).toBe("how many?");
    socket.send("21");
    expect(await socket.receive()).toBe("twice: 42");
  });

  test("that receives first sends nothing when it cannot read the message, and the socket stays open", async () => {
    const { net } = serveHandler(async (socket) => {
      const error: unknown = await socket
        .pair("never", { as: int, first: "receive" })
        .catch((error: unknown) => error);
      await socket.send(error instanceof ValidationError);
    });
    const socket = await net.connect("/");
    socket.send("x");
    expect(await socket.receive()).toBe("true");
  });

  test("rejects with CloseError when the client disconnects instead of answering", async () => {
    const { result, onError } = await resultAfterClose((socket) => socket.pair("well?"));
    expect(result).toEqual(new CloseError(4001, "bye"));
    expect(onError).not.toHaveBeenCalled();
  });
});

/** The result of `wait`, or its error, when a client receives one message and closes. */
async function resultAfterClose(wait: (socket: Socket) => Promise<unknown>) {
  const ends = new BoundedQueue<unknown>();
  const { net, onError } = serveHandler(async (socket) => {
    ends.push(await wait(socket).catch((error: unknown) => error));
  });
  const socket = await net.connect("/");
  await socket.receive();
  socket.close(4001, "bye");
  return { result: await ends.pull(), onError };
}

describe("expect", () => {
  test.each([
    ["a string", "foo", "foo"],
    ["an empty string", "", ""],
    ["a number", 42, "42"],
    ["a fraction", 1.5, "1.5"],
    ["a bool", true, "True"],
    ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 2])],
    [
      "an object, in any order of its keys",
      { a: 1, b: { c: [1, null], d: 2 } },
      '{"b":{"d":2,"c":[1,null]},"a":1}',
    ],
    ["an array", [1, "2"], '[1, "2"]'],
    ["null", null, "null"],
    ["a value that becomes JSON", { at: new Date(0), none: undefined }, '{"at":"1970-01-01T00:00:00.000Z"}'],
  ] as [string, ExpectedMessage, unknown][])("continues when %s arrives", async (_, value, message) => {
    const { closed } = await connectUntilClosed((socket) => socket.expect(value), message);
    expect(closed).toMatchObject({ code: 1000 });
  });

  test.each([
    ["foo", "bar", 'expected "foo", got "bar"'],
    ["1", new Uint8Array([49]), 'expected "1", got bytes 49'],
    [1, "2", 'expected 1, got "2"'],
    [1, "x", 'expected 1, got "x"'],
    [true, "false", 'expected true, got "false"'],
    [new Uint8Array([1]), new Uint8Array([2]), "expected bytes 1, got bytes 2"],
    [new Uint8Array([1]), "1", 'expected bytes 1, got "1"'],
    [{ a: 1 }, '{"a":1,"b":2}', String.raw`expected {"a":1}, got "{\"a\":1,\"b\":2}"`],
    [{ a: 1 }, "{", 'expected {"a":1}, got "{"'],
    [[1, 2], "[2,1]", 'expected [1,2], got "[2,1]"'],
  ] as [ExpectedMessage, unknown, string][])(
    "%j rejects for %j, and the socket stays open",
    async (value, message, mistake) => {
      const { net } = serveHandler(async (socket) => {
        const error: unknown = await socket.expect(value).catch((error: unknown) => error);
        await socket.expect("still here");
        await socket.send(error instanceof ProtocolError && error.message);
      });
      const socket = await net.connect("/");
      socket.send(message);
      socket.send("still here");
      expect(await socket.receive()).toBe(mistake);
    },
  );

  test("closes with 1002 when no code catches it, and reports the other message", async () => {
    const { closed, onError } = await connectUntilClosed((socket) => socket.expect("P1"), "P2");
    expect(closed).toEqual({ code: 1002, reason: "unexpected message", wasClean: true });
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      new ProtocolError('expected "P1", got "P2"', 1002),
      expect.anything(),
    );
  });

  test("rejects with TypeError for a value that no message can carry, and receives none", async () => {
    const { net } = serveHandler(async (socket) => {
      const error: unknown = await socket.expect(undefined as never).catch((error: unknown) => error);
      await socket.send([error instanceof TypeError, await socket.receive(text)]);
    });
    const socket = await net.connect("/");
    socket.send("kept");
    expect(await socket.receive(json())).toEqual([true, "kept"]);
  });

  // S21
  test("rejects deeply nested JSON without a stack overflow", async () => {
    const { closed } = await connectUntilClosed(
      (socket) => socket.expect([]),
      "[".repeat(30_000) + "]".repeat(30_000),
    );
    expect(closed).toMatchObject({ code: 1002 });
  });

  test("cuts the message in its error to 100 characters", async () => {
    const { onError } = await connectUntilClosed((socket) => socket.expect("a"), "x".repeat(1_000));
    expect(onError).toHaveBeenCalledWith(
      new ProtocolError(`expected "a", got "${"x".repeat(98)}…`, 1002),
      expect.anything(),
    );
  });
});

describe("the state", () => {
  test("goes from connecting to open, closing and closed", async () => {
    const states: string[] = [];
    const { passed, open } = gate();
    const { net } = serveHandler(async (socket) => {
      states.push(socket.state);
      const accepted = socket.accept();
      states.push(socket.state);
      await accepted;
      states.push(socket.state);
      socket.close();
      states.push(socket.state);
      await socket.closed;
      states.push(socket.state);
      open();
    });
    await net.connect("/");
    await passed;
    expect(states).toEqual(["connecting", "connecting", "open", "closing", "closed"]);
  });

  test("is closed when the client has disconnected", async () => {
    const { result } = await resultAfterClose(async (socket) => {
      await socket.send("hello");
      await socket.closed;
      return socket.state;
    });
    expect(result).toBe("closed");
  });

  test("is closed after a close before accept", async () => {
    const states: string[] = [];
    await connectRefused((socket) => {
      socket.close();
      states.push(socket.state);
    });
    expect(states).toEqual(["closed"]);
  });
});

describe("misuse", () => {
  test("accepting after the close rejects, before and after the client has answered", async () => {
    const seen = new BoundedQueue<unknown>();
    const { net, onError } = serveHandler(async (socket) => {
      await socket.accept();
      socket.close(4001, "over");
      seen.push(await socket.accept().catch((error: unknown) => error));
      await socket.closed;
      seen.push(await socket.accept().catch((error: unknown) => error));
    });
    await net.connect("/");
    const over = new CloseError(4001, "over");
    expect([await seen.pull(), await seen.pull()]).toEqual([over, over]);
    expect(onError).not.toHaveBeenCalled();
  });

  test("accepting after the client has disconnected rejects, though messages of it are queued", async () => {
    const seen = new BoundedQueue<unknown>();
    const { net } = serveHandler(async (socket) => {
      await socket.accept();
      await socket.closed;
      seen.push(await socket.accept().catch((error: unknown) => error));
      seen.push(await socket.receive());
    });
    const socket = await net.connect("/");
    socket.send("last message");
    socket.close(1001);
    expect([await seen.pull(), await seen.pull()]).toEqual([new CloseError(1001), "last message"]);
  });

  test("sending after the close rejects, may be left alone, and the client gets a clean close", async () => {
    const seen: unknown[] = [];
    const { closed, onError } = await connectUntilClosed(async (socket) => {
      await socket.accept();
      socket.close();
      socket.close(4002);
      socket.send("left alone");
      seen.push(await socket.send("awaited").then(undefined, (error: unknown) => error));
    });
    expect(closed).toEqual({ code: 1000, reason: "", wasClean: true });
    expect(seen).toEqual([new CloseError(1000)]);
    expect(onError).not.toHaveBeenCalled();
  });

  test("receiving after the end rejects with the same error again", async () => {
    const { result } = await resultAfterClose(async (socket) => {
      await socket.send("hello");
      const first: unknown = await socket.receive().catch((error: unknown) => error);
      const second: unknown = await socket.receive().catch((error: unknown) => error);
      return [first, first === second];
    });
    expect(result).toEqual([new CloseError(4001, "bye"), true]);
  });

  test("receives that wait together get messages in their order", async () => {
    const { net } = serveHandler(async (socket) => {
      await socket.send(await Promise.all([socket.receive(int), socket.receive(text), socket.receive(int)]));
    });
    const socket = await net.connect("/");
    for (const message of ["1", "2", "3"]) socket.send(message);
    expect(await socket.receive()).toBe('[1,"2",3]');
  });

  test("a Response after accept comes too late: it closes with 1000, which is reported", async () => {
    const { closed, onError } = await connectUntilClosed(async (socket) => {
      await socket.accept();
      return new Response("too late", { status: 403 });
    });
    expect(closed).toMatchObject({ code: 1000 });
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(TypeError), expect.anything());
  });

  test("a Response whose body was used refuses with 500, which is reported", async () => {
    const used = new Response("once", { status: 403 });
    await used.text();
    const { response, onError } = await connectRefused(() => used);
    expect(response.status).toBe(500);
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(TypeError), expect.anything());
  });
});
