import { CloseError, contract, type Message } from "@symbolon/protocol";
import { expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { testNetwork, type TestSocket } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";
import { connectNotes, postedFrame, postFrame, startNotesServer } from "../contract/notes-server.ts";
import { connectSession } from "./connect-session.ts";

/** Receives frames until none is left. */
async function receiveAll(socket: TestSocket): Promise<Message[]> {
  const frames: Message[] = [];
  for (let next = await socket.peek(); next !== undefined; next = await socket.peek())
    frames.push(await socket.receive());
  return frames;
}

test("an event that a handler sends at once carries the acknowledgement of the event that it handles", async () => {
  const { net } = startNotesServer({ post: (text, peer) => void peer.send("posted", text) });
  const { socket } = await connectNotes(net);
  for (const s of [1, 2]) {
    socket.send(postFrame(s, "a"));
    expect(await receiveAll(socket)).toEqual([
      `{"s":${s},"a":${s},"t":"event","name":"posted","data":"a","q":${s}}`,
    ]);
  }
  socket.close();
});

test("of several events that a handler sends the last one carries the acknowledgement", async () => {
  const { net } = startNotesServer({
    post(text, peer) {
      for (const n of [1, 2, 3]) void peer.send("posted", `${text}${n}`);
    },
  });
  const { socket } = await connectNotes(net);
  socket.send(postFrame(1, "a"));
  expect(await receiveAll(socket)).toEqual([
    postedFrame(1, "a1"),
    postedFrame(2, "a2"),
    '{"s":3,"a":1,"t":"event","name":"posted","data":"a3","q":3}',
  ]);
  socket.close();
});

test("an event is acknowledged by a frame of its own when its handler sends nothing, or goes on after it has sent", async () => {
  const finished = gate();
  const { net } = startNotesServer({
    async post(text, peer) {
      if (text === "silent") return;
      void peer.send("posted", text);
      await finished.passed;
    },
  });
  const { socket } = await connectNotes(net);
  socket.send(postFrame(1, "silent"));
  expect(await receiveAll(socket)).toEqual(['{"t":"ack","a":1}']);
  socket.send(postFrame(2, "a"));
  expect(await receiveAll(socket)).toEqual([postedFrame(1, "a")]);
  finished.open();
  expect(await receiveAll(socket)).toEqual(['{"t":"ack","a":2}']);
  socket.close();
});

test("what a handler sends to its client and in rooms arrives in the order of sending", async () => {
  const chat = contract("/chat", { client: { say: z.string() }, server: { note: z.string() } });
  const app = createApp();
  const service = app.implement(chat, (peer, { room }) => {
    room("all").join(peer);
    return {
      say() {
        void peer.send("note", "first");
        void service.room("all").send("note", "second");
        void peer.send("note", "third");
      },
    };
  });
  const socket = await connectSession(testNetwork(app), "/chat");
  await receiveAll(socket);
  socket.send({ t: "event", name: "say", data: "" });
  const received = (await receiveAll(socket)).map((frame) => JSON.parse(String(frame)) as object);
  expect(received).toMatchObject([
    { s: 1, data: "first" },
    { t: "said", data: "second" },
    { s: 2, a: 1, data: "third" },
  ]);
  socket.close();
});

test("a handler that sends and then closes has its event delivered before the close", async () => {
  const { net } = startNotesServer({
    post(text, peer) {
      void peer.send("posted", text);
      throw new CloseError(4000, "done");
    },
  });
  const { socket } = await connectNotes(net);
  socket.send(postFrame(1, "a"));
  expect(await socket.receive()).toBe(postedFrame(1, "a"));
  expect(await socket.closed).toMatchObject({ code: 4000 });
});
