import { CloseError } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { serve } from "@symbolon/server/node";
import { expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";
import { chat, echo, postFrame, startChatServer } from "./chat-server.ts";
import { openSession } from "../session/connect-session.ts";
import { gate } from "../gate.ts";
import { opcodes, connectRawClient, rawFrame } from "../node/raw-client.ts";

const text = (frame: unknown) =>
  rawFrame(opcodes.text, typeof frame === "string" ? frame : JSON.stringify(frame));

test("the server handles the messages before a bye, and then closes", async () => {
  await using server = await serve(startChatServer(echo).app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/chat/a");
  client.write(
    text(postFrame("one")),
    text(postFrame("two")),
    text({ t: "bye" }),
    text(postFrame("too late")),
  );
  expect(JSON.parse(await client.text())).toMatchObject({ data: { text: "one" } });
  expect(JSON.parse(await client.text())).toMatchObject({ data: { text: "two" } });
  expect(await client.closeFrame()).toEqual([1000, ""]);
});

// S18
test("the server handles the messages before a third invalid frame, and none after it", async () => {
  await using server = await serve(startChatServer(echo).app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/chat/a");
  client.write(
    text(postFrame("one")),
    text("{"),
    text("{"),
    text("{"),
    text("{"),
    text(postFrame("too late")),
  );
  const received: unknown[] = [];
  for (let count = 0; count < 4; count += 1) received.push(JSON.parse(await client.text()));
  expect(received).toHaveLength(4);
  expect(received.filter((one) => (one as { t: string }).t === "error")).toHaveLength(3);
  expect(received).toContainEqual({ t: "event", name: "posted", data: { text: "one" } });
  expect(await client.closeFrame()).toEqual([1008, "three invalid frames"]);
});

test("a bye waits 300 ms for a handler that never settles", async () => {
  const clock = new Clock();
  const asked = gate();
  const { net } = startChatServer(
    () => {
      asked.open();
      return new Promise(() => {});
    },
    { clock },
  );
  const socket = await net.connect("/chat/a");
  socket.send(postFrame("hello"));
  socket.send({ t: "bye" });
  await asked.passed;
  expect(await socket.peek()).toBeUndefined();
  clock.advance(300);
  expect(await socket.closed).toMatchObject({ code: 1000 });
});

// S18
test("the server handles no message after a frame that closed the session", async () => {
  const handled: string[] = [];
  const ended = gate();
  const app = createApp();
  app.implement(chat, function* () {
    yield { post: ({ text }) => handled.push(text) };
    ended.open();
  });
  const socket = await openSession(testNetwork(app), "/chat/a");
  socket.send(postFrame("before"));
  socket.send("{");
  socket.send(postFrame("after"));
  expect(await socket.closed).toMatchObject({ code: 4400 });
  await ended.passed;
  expect(handled).toEqual(["before"]);
});

test("the server handles no message that waits when a handler has closed the connection", async () => {
  const handled: string[] = [];
  const ended = gate();
  const app = createApp();
  app.implement(chat, function* () {
    yield {
      post: ({ text }) => {
        handled.push(text);
        throw new CloseError(1008, "be nice");
      },
    };
    ended.open();
  });
  const socket = await testNetwork(app).connect("/chat/a");
  for (const line of ["rude", "ruder", "rudest"]) socket.send(postFrame(line));
  expect(await socket.closed).toMatchObject({ code: 1008, reason: "be nice" });
  await ended.passed;
  expect(handled).toEqual(["rude"]);
});

test("a message that the server sends after it began to close fails", async () => {
  const outcomes = new BoundedQueue<unknown>();
  const go = gate();
  const asked = gate();
  const app = createApp();
  app.implement(chat, (peer) => ({
    post: async () => {
      asked.open();
      await go.passed;
      outcomes.push(await peer.send("posted", { text: "too late" }).then(null, (error: unknown) => error));
    },
  }));
  const socket = await openSession(testNetwork(app), "/chat/a");
  socket.send(postFrame("hello"));
  await asked.passed;
  socket.send("{");
  await socket.closed;
  go.open();
  expect(await outcomes.pull()).toMatchObject({ name: "CloseError", code: 4400 });
});

test("a client that disconnects during the setup closes its peer", async () => {
  const began = gate();
  const over = new BoundedQueue<unknown>();
  const errors: unknown[] = [];
  const app = createApp({ onError: (error) => void errors.push(error) });
  app.implement(chat, async (peer) => {
    began.open();
    over.push(await peer.closed);
    over.push(peer.signal.reason);
    return { post: () => {} };
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  const opening = client.open("/chat/a").catch(() => "gone");
  await began.passed;
  client.reset();
  expect(await over.pull()).toEqual({ code: 1006, reason: "", wasClean: false });
  expect(await over.pull()).toMatchObject({ name: "CloseError", code: 1006 });
  expect([await opening, errors]).toEqual(["gone", []]);
});
