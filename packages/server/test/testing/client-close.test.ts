/** A client in memory that sends messages and closes at once: as on a real wire (test/node/client-close.test.ts). */
import type { Closed, Message } from "@symbolon/protocol";
import { expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { listen } from "../../src/socket/listen.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";
import { gate, valueGate } from "../gate.ts";

const five = ["1", "2", "3", "4", "5"];
const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A network to routes that reply to each message after so many turns, and what they have handled. */
function serveReplies(turns: number) {
  const handled: Message[] = [];
  const errors: unknown[] = [];
  const app = createApp({ onError: (error) => void errors.push(error), clock: new Clock() });
  const reply = async (message: Message): Promise<Message> => {
    for (let turn = 0; turn < turns; turn += 1) await nextTurn();
    handled.push(message);
    return message;
  };
  app.ws("/listen", listen(reply));
  app.ws("/loop", async (socket) => {
    for await (const message of socket) await socket.send(await reply(message));
  });
  return { net: testNetwork(app), handled, errors };
}

test.each([
  ["/listen", 0],
  ["/loop", 0],
  ["/listen", 3],
  ["/loop", 3],
])("what it sent is handled at %s, by a handler that awaits %i turns", async (path, turns) => {
  const { net, handled, errors } = serveReplies(turns);
  const socket = await net.connect(path);
  for (const text of five) socket.send(text);
  socket.close(4321, "bye");
  expect(await socket.closed).toEqual({ code: 4321, reason: "bye", wasClean: true });
  await net.settled();
  expect([handled, errors]).toEqual([five, []]);
});

test.each(["/listen", "/loop"])("what it sent is answered at %s", async (path) => {
  const { net } = serveReplies(0);
  const socket = await net.connect(path);
  for (const text of five) socket.send(text);
  socket.close();
  const replies: Message[] = [];
  for await (const reply of socket) replies.push(reply);
  expect(replies).toEqual(five);
});

test("the server answers though a handler takes no more messages, and the time of the test stands still", async () => {
  const app = createApp({ clock: new Clock() });
  const ended = valueGate<Closed>();
  app.ws("/", async (socket) => {
    await socket.receive();
    ended.open(await socket.closed);
  });
  const socket = await testNetwork(app).connect("/");
  for (const text of five) socket.send(text);
  socket.close();
  expect((await socket.closed).code).toBe(1000);
  expect((await ended.passed).code).toBe(1000);
});

test("when both sides close at once, each receives the code of the other", async () => {
  const app = createApp();
  const decided = gate();
  const ended = valueGate<Closed>();
  app.ws("/", async (socket) => {
    await socket.accept();
    await decided.passed;
    socket.close(4002, "server");
    ended.open(await socket.closed);
  });
  const net = testNetwork(app);
  const socket = await net.connect("/");
  const release = net.stall();
  socket.close(4001, "client");
  decided.open();
  await nextTurn();
  release();
  expect([await socket.closed, await ended.passed].map(({ code }) => code)).toEqual([4002, 4001]);
});
