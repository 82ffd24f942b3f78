import { contract } from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import { msgpack } from "@symbolon/protocol/msgpack";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { chat, postFrame, startChatServer } from "../contract/chat-server.ts";
import { startNotesServer } from "../contract/notes-server.ts";
import { connectSession, hello, openSession, receiveFrame } from "./connect-session.ts";

/** Arrays in each other. */
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
/** An object of so many keys. */
const wide = (keys: number) => `{${Array.from({ length: keys }, () => '"":1').join()}}`;

// S18
test("the server closes a session with 4400 when a frame is nested too deeply, the first one included", async () => {
  const { net } = startChatServer(() => {});
  const data = JSON.parse(nested(65)) as unknown;
  const event = { t: "event", name: "post", data };
  const socket = await openSession(net, "/chat/a");
  socket.send(event);
  expect(await socket.closed).toEqual({
    code: 4400,
    reason: "a frame is nested at most 64 deep",
    wasClean: true,
  });
  const early = await connectSession(net, "/chat/a", event);
  expect(await early.closed).toMatchObject({ code: 4400 });
});

// S18
test("the server reports to a plain client that a frame has too many keys", async () => {
  const { net } = startChatServer(() => {});
  await using socket = await net.connect(chat.url({ room: "a" }, {}));
  socket.send(`{"t":"event","name":"post","data":${wide(10_001)}}`);
  expect(await receiveFrame(socket)).toMatchObject({ t: "error", code: "BAD_FRAME" });
});

const anything = contract("/anything", {
  client: { post: z.unknown() },
  server: { posted: z.string() },
});

/** Opens a session in a codec; its handler answers with the keys of the data. */
async function openInCodec(codec: typeof jsonFrames) {
  const app = createApp({ codecs: [msgpack], maxPayload: 2 ** 20, onError: () => {} });
  app.implement(anything, (peer) => ({
    post: (data) => void peer.send("posted", Object.keys(Object(data) as object).join()),
  }));
  const socket = await testNetwork(app).connect("/anything", { protocols: [codec.protocol] });
  socket.send(JSON.stringify(hello));
  await socket.receive();
  return socket;
}

/** An object of so many keys. */
const keyed = (keys: number): object =>
  Object.fromEntries(Array.from({ length: keys }, (_, n) => [`k${n}`, n]));

// S18, S19, S25
describe.each([
  ["JSON", jsonFrames],
  ["MessagePack", msgpack],
])("in %s, a session", (_, codec) => {
  const event = { t: "event", name: "post", data: 1 } as const;

  test.each<[string, object]>([
    ["an unknown kind", { s: 1, t: "shout" }],
    ["an unknown field", { s: 1, ...event, x: 1 }],
    ["a field that is called constructor", { s: 1, ...event, constructor: 1 }],
    ["a name that is a number", { s: 1, ...event, name: 3 }],
    ["a sequence of 0", { s: 0, ...event }],
    ["a sequence of 2 ** 53", { s: 2 ** 53, ...event }],
    ["a sequence that is negative", { s: -1, ...event }],
    ["a sequence that is a fraction", { s: 1.5, ...event }],
    ["a sequence that is a text", { s: "1", ...event }],
    ["an acknowledgement of what was never sent", { s: 1, a: 99, ...event }],
    ["an acknowledgement that is negative", { s: 1, a: -1, ...event }],
    ["credit of 0", { s: 1, t: "credit", q: 1, n: 0, b: 1 }],
    ["more than 10,000 keys", { s: 1, ...event, data: keyed(10_000) }],
    ["nesting deeper than 64", { s: 1, ...event, data: JSON.parse(nested(63)) as unknown }],
    ["a ping with a sequence", { s: 1, t: "ping", n: 1 }],
    ["a credential with a sequence", { s: 1, t: "auth", token: "t" }],
    ["a bye with an acknowledgement", { a: 1, t: "bye" }],
    ["a request without a sequence", { t: "request", q: 1, name: "post" }],
    ["a cancel without a sequence", { t: "cancel", q: 1 }],
    ["an error without a sequence", { t: "error", re: 1, code: "NO", message: "" }],
  ])("closes with 4400 for %s", async (name, frame) => {
    const socket = await openInCodec(codec);
    const isDeep = name.startsWith("nesting");
    // The codec writes no frame that is too deep.
    const written = isDeep
      ? JSON.stringify({ ...frame, data: [(frame as { data: unknown }).data] })
      : codec.write(frame as never);
    socket.send(written);
    expect(await socket.closed).toMatchObject({ code: 4400 });
  });

  test("receives an event of 9,000 keys, and one without a sequence", async () => {
    await using socket = await openInCodec(codec);
    const nextEvent = async (): Promise<unknown> => {
      for (;;) {
        const frame = codec.read(await socket.receive());
        if (frame.t === "event") return frame.data;
      }
    };
    socket.send(codec.write({ s: 1, ...event, data: keyed(9_000) }));
    expect(await nextEvent()).toBe(Object.keys(keyed(9_000)).join());
    socket.send(codec.write({ ...event, data: { constructor: 1, prototype: 2 } }));
    expect(await nextEvent()).toBe("constructor,prototype");
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

test("a credential without a sequence is not an invalid frame", async () => {
  const { net } = startNotesServer();
  await using socket = await openSession(net, "/notes", { ...hello, auth: "ada" });
  socket.send({ t: "auth", token: "ada" });
  socket.send({ t: "request", q: 1, name: "ask", data: "hello" });
  expect(await receiveFrame(socket)).toEqual({ t: "reply", re: 1, data: "hello" });
});

test.each([
  ["a sequence", { s: 1 }],
  ["an acknowledgement", { a: 1 }],
])("the server reports to a plain client that a frame cannot have %s", async (_, stamp) => {
  const { net } = startChatServer(({ text }) => text);
  await using socket = await net.connect("/chat/a");
  socket.send({ ...postFrame("hello"), ...stamp });
  expect(await receiveFrame(socket)).toEqual({
    t: "error",
    code: "BAD_FRAME",
    message: "a plain client's frame has neither s nor a",
  });
});
