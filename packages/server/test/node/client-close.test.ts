/** A client that sends messages and a close, or an invalid frame, in one segment. */
import type { Message } from "@symbolon/protocol";
import { createApp, listen, type Socket } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { describe, expect, test } from "vitest";
import { gate } from "../gate.ts";
import { closePayload, connectRawClient, opcodes, parseFrames, rawFrame } from "./raw-client.ts";

const five = ["1", "2", "3", "4", "5"];
const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** The messages of a segment, and what ends it. */
function segment(...end: Uint8Array[]): Buffer {
  return Buffer.concat([...five.map((text) => rawFrame(opcodes.text, text)), ...end]);
}

/** The texts and the last frame of what a server has sent. */
function readFrames(bytes: Buffer) {
  const frames = parseFrames(bytes);
  const last = frames.pop();
  return {
    texts: frames.map(({ payload }) => payload.toString()),
    last: last && [last.opcode, last.payload.length < 2 ? 1005 : last.payload.readUInt16BE(0)],
  };
}

/** An app with routes that reply to each message after `work`, and what they have handled. */
function createReplyApp(work: () => Promise<void> | void = () => {}, clock?: Clock) {
  const handled: Message[] = [];
  const errors: unknown[] = [];
  const ended = gate();
  const app = createApp({ onError: (error) => void errors.push(error), ...(clock && { clock }) });
  const reply = async (message: Message): Promise<Message> => {
    await work();
    handled.push(message);
    return message;
  };
  app.ws(
    "/sync",
    listen({ message: (message: Message) => (handled.push(message), message), close: ended.open }),
  );
  app.ws("/listen", listen({ message: reply, close: ended.open }));
  app.ws("/loop", async (socket: Socket) => {
    try {
      for await (const message of socket) await socket.send(await reply(message));
    } finally {
      ended.open();
    }
  });
  return { app, handled, errors, ended: ended.passed };
}

const closes: readonly (readonly [string, Buffer, number])[] = [
  ["close(1000)", rawFrame(opcodes.close, closePayload(1000)), 1000],
  ["close(4321)", rawFrame(opcodes.close, closePayload(4321, "bye")), 4321],
  ["a close without a code", rawFrame(opcodes.close), 1005],
  ["a reserved bit", rawFrame(opcodes.text, "x", { rsv: 2 }), 1002],
  ["an opcode that does not exist", rawFrame(11, "x"), 1002],
  ["a text that is not UTF-8", rawFrame(opcodes.text, new Uint8Array([255])), 1007],
];

describe.each(["/sync", "/listen", "/loop"])("at %s", (path) => {
  test.each(closes)(
    "five messages before %s in one segment are handled and answered",
    async (_what, end, code) => {
      const { app, handled, errors, ended } = createReplyApp();
      await using server = await serve(app, { port: 0 });
      using client = await connectRawClient(server.port);
      await client.open(path);
      client.write(segment(end));
      expect(readFrames(await client.rest())).toEqual({ texts: five, last: [opcodes.close, code] });
      await ended;
      expect([handled, errors]).toEqual([five, []]);
    },
  );

  test("five messages and a close in the segment of the handshake are handled and answered", async () => {
    const { app, handled, ended } = createReplyApp();
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    await client.open(path, {}, segment(rawFrame(opcodes.close, closePayload(1000))));
    expect(readFrames(await client.rest())).toEqual({ texts: five, last: [opcodes.close, 1000] });
    await ended;
    expect(handled).toEqual(five);
  });

  test("a client that ends its side of the connection with its close receives the answer", async () => {
    const { app, handled, ended } = createReplyApp();
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    await client.open(path);
    client.socket.end(segment(rawFrame(opcodes.close, closePayload(1000))));
    expect(readFrames(await client.rest())).toEqual({ texts: five, last: [opcodes.close, 1000] });
    await ended;
    expect(handled).toEqual(five);
  });
});

describe.each(["/listen", "/loop"])("a handler at %s that awaits more than a turn", (path) => {
  test("handles what came before the close, and replies to what it takes before the answer", async () => {
    const { app, handled, errors, ended } = createReplyApp(async () => {
      for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    });
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    await client.open(path);
    client.write(segment(rawFrame(opcodes.close, closePayload(1000))));
    const { texts, last } = readFrames(await client.rest());
    expect(last).toEqual([opcodes.close, 1000]);
    expect(texts).toEqual(five.slice(0, texts.length));
    expect(texts.length).toBeGreaterThanOrEqual(4); // the last message was taken, and its reply comes later
    await ended;
    expect([handled, errors]).toEqual([five, []]);
  });
});

test("the close is answered when a handler takes no message for 1 s, and `listen` handles the rest all the same", async () => {
  const clock = new Clock();
  const go = gate();
  const began = gate();
  const { app, handled, errors, ended } = createReplyApp(() => {
    began.open();
    return go.passed;
  }, clock);
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/listen");
  client.write(segment(rawFrame(opcodes.close, closePayload(1000))));
  await began.passed;
  const ends: string[] = [];
  const rest = client.rest().finally(() => ends.push("read"));
  while (ends.length === 0) {
    clock.advance(1_000);
    await nextTurn();
  }
  expect(readFrames(await rest)).toEqual({ texts: [], last: [opcodes.close, 1000] });
  go.open();
  await ended;
  expect([handled, errors]).toEqual([five, []]);
});

test("a close that the handler makes meanwhile does not replace the answer to the client's", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.receive();
    socket.close(4000, "enough");
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/");
  client.write(rawFrame(opcodes.text, "last"), rawFrame(opcodes.close, closePayload(4321, "bye")));
  expect(await client.closeFrame()).toEqual([4321, "bye"]);
});

test("a handler that reads no message does not delay the answer", async () => {
  const app = createApp({ clock: new Clock() });
  app.ws("/", async (socket) => {
    await socket.accept();
    await socket.closed;
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/");
  client.write(segment(rawFrame(opcodes.close, closePayload(1000))));
  expect(await client.closeFrame()).toEqual([1000, ""]);
});
