// S14: a route may read shorter messages than its app.
import { contract, request, stream } from "@symbolon/protocol";
import { callFrames } from "@symbolon/protocol/internal";
import { msgpack } from "@symbolon/protocol/msgpack";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { testNetwork, type TestSocket } from "../../src/testing/index.ts";
import { flushPromises } from "../flush-promises.ts";
import { hello, receiveFrame } from "../session/connect-session.ts";

const texts = contract("/texts", {
  client: {
    post: z.string(),
    ask: request({ input: z.string(), output: z.number() }),
    join: stream({ input: z.null(), upload: z.string(), output: z.number() }),
  },
});

/** A server with routes that read messages of up to 200 bytes. */
function startTextServer() {
  const received: number[] = [];
  const app = createApp({ codecs: [msgpack], onError: () => {} });
  app.implement(texts, { maxPayload: 200 }, () => ({
    post: (text) => void received.push(text.length),
    ask: (text) => text.length,
    async *join(_, { upload }) {
      for await (const text of upload) yield text.length;
    },
  }));
  app.ws("/raw", { maxPayload: 200 }, async (socket) => {
    for await (const message of socket) received.push(message.length);
  });
  return { net: testNetwork(app), received };
}

const long = "x".repeat(300);
const tooLarge = {
  t: "error",
  code: "TOO_LARGE",
  message: "message exceeds the receiver's limit of 200 bytes",
};

describe.each(["plain", "symbolon.v1.json", "symbolon.v1.msgpack"])("in %s mode", (mode) => {
  const connect = async () => {
    const server = startTextServer();
    const protocols = mode === "plain" ? [] : [mode];
    const socket: TestSocket = await server.net.connect("/texts", { protocols });
    if (mode !== "plain") {
      socket.send(hello);
      expect(await receiveFrame(socket)).toMatchObject({ t: "welcome", limits: { message: 200 } });
    }
    let s = 0;
    const send = (frame: object): void => {
      const sequenced = mode === "plain" ? frame : { s: (s += 1), ...frame };
      socket.send(
        mode === "symbolon.v1.msgpack" ? msgpack.write(sequenced as never) : JSON.stringify(sequenced),
      );
    };
    const receive = async (): Promise<unknown> => {
      for (;;) {
        const frame = msgpack.read(await socket.receive(), { shapes: callFrames });
        const { s: _s, a: _a, ...rest } = frame;
        if (rest.t !== "ack") return rest;
      }
    };
    return { ...server, socket, send, receive };
  };

  test("a longer event or request fails with TOO_LARGE, and those after it are handled", async () => {
    const { socket, send, receive, received } = await connect();
    send({ t: "event", name: "post", data: long, q: 1 });
    expect(await receive()).toEqual({ ...tooLarge, re: 1 });
    send({ t: "request", q: 2, name: "ask", data: long });
    expect(await receive()).toEqual({ ...tooLarge, re: 2 });
    send({ t: "event", name: "post", data: "short", q: 3 });
    send({ t: "request", q: 4, name: "ask", data: "short" });
    expect(await receive()).toEqual({ t: "reply", re: 4, data: 5 });
    expect(received).toEqual([5]);
    socket.close();
  });

  test("a longer item of an upload is invalid", async () => {
    const { socket, send, receive } = await connect();
    send({ t: "stream", q: 1, name: "join", data: null });
    send({ t: "next", q: 1, data: "short" });
    expect(await receive()).toEqual({ t: "next", re: 1, data: 5 });
    send({ t: "next", q: 1, data: long });
    const answer = mode === "plain" ? await receive() : await socket.closed;
    expect(answer).toMatchObject(mode === "plain" ? { t: "error", code: "BAD_FRAME" } : { code: 1009 });
    socket.close();
  });
});

test("a raw route closes with 1009, and gets nothing of the message", async () => {
  const { net, received } = startTextServer();
  const socket = await net.connect("/raw");
  socket.send("x".repeat(200));
  socket.send("x".repeat(201));
  socket.send("after it");
  expect(await socket.closed).toMatchObject({ code: 1009, reason: "this route reads messages of 200 bytes" });
  await flushPromises();
  expect(received).toEqual([200]);
});

test.each([0, -1, Number.NaN, 65_537, Infinity])("a route cannot read messages of %d bytes", (maxPayload) => {
  const app = createApp();
  const error = new RangeError(`maxPayload of a route is from 1 to the app's, 65536: ${maxPayload}`);
  expect(() => app.ws("/raw", { maxPayload }, () => {})).toThrow(error);
  expect(() => app.implement(texts, { maxPayload }, () => new Response() as never)).toThrow(error);
});
