import { SUBPROTOCOL } from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";
import { chat, echo, sayFrame, startChatServer } from "./chat-server.ts";
import { openSession, receiveFrame, hello, connectSession } from "../session/connect-session.ts";

describe("in session mode", () => {
  test("a hello is answered by a welcome, in our subprotocol", async () => {
    const { net } = startChatServer(echo, { heartbeat: { interval: 500, timeout: 200 } });
    await using socket = await connectSession(net, "/chat/a");
    expect(socket.protocol).toBe(SUBPROTOCOL);
    expect(await receiveFrame(socket)).toEqual({
      t: "welcome",
      state: "new",
      sid: expect.stringMatching(/^[\w-]{22}$/),
      rt: expect.stringMatching(/^[\w-]{43}$/),
      ep: expect.stringMatching(/^[\w-]{11}$/),
      rx: 0,
      w: 64,
      wb: 2 ** 20,
      heartbeat: { i: 500, t: 200 },
      ttl: 120_000,
      limits: { message: 65_536 },
    });
  });

  test("every session has an id of its own", async () => {
    const { net } = startChatServer(echo);
    await using one = await connectSession(net, "/chat/a", { ...hello, cid: "one" });
    await using two = await connectSession(net, "/chat/a", { ...hello, cid: "two" });
    const [a, b] = (await Promise.all([receiveFrame(one), receiveFrame(two)])) as { sid: string }[];
    expect(a?.sid).not.toBe(b?.sid);
  });

  test("events go both ways, with a number by which a failure could be told", async () => {
    const { net } = startChatServer(echo);
    await using socket = await openSession(net, "/chat/a");
    socket.send(sayFrame("hello"));
    expect(await receiveFrame(socket)).toEqual({ t: "event", name: "said", data: { text: "hello" }, q: 1 });
  });

  test("a ping is answered with the same number", async () => {
    const { net } = startChatServer(echo);
    await using socket = await openSession(net, "/chat/a");
    socket.send({ t: "ping", n: 7 });
    expect(await receiveFrame(socket)).toEqual({ t: "pong", n: 7 });
  });

  test("bye closes with 1000", async () => {
    const { net } = startChatServer(echo);
    const socket = await openSession(net, "/chat/a");
    socket.send({ t: "bye" });
    expect(await socket.closed).toMatchObject({ code: 1000 });
  });

  test.each([
    ["no JSON", "{"],
    ["no object", "3"],
    ["an unknown kind", '{"t":"shout"}'],
    ["a wrong field", '{"t":"event","name":3}'],
    ["a second hello", JSON.stringify(hello)],
    ["a welcome", '{"t":"welcome","state":"new","sid":"a","heartbeat":{"i":1,"t":1}}'],
    ["a field called __proto__", '{"t":"event","name":"say","__proto__":{"polluted":1}}'],
    ["a binary message", new Uint8Array([1])],
  ])("S18 › %s closes with 4400", async (_, message) => {
    const { net } = startChatServer(echo);
    const socket = await openSession(net, "/chat/a");
    socket.send(message);
    expect(await socket.closed).toMatchObject({ code: 4400 });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("the hello's credential is the token, and the Bearer header when there is none", async () => {
    const app = createApp();
    app.implement(chat, (peer, { token }) => ({ say: () => peer.send("said", { text: token ?? "none" }) }));
    const net = testNetwork(app);
    const headers = { authorization: "Bearer header" };
    await using one = await openSession(net, "/chat/a", { ...hello, cid: "1", auth: "hello" }, { headers });
    await using two = await openSession(net, "/chat/a", { ...hello, cid: "2" }, { headers });
    one.send(sayFrame(""));
    two.send(sayFrame(""));
    expect(await receiveFrame(one)).toMatchObject({ data: { text: "hello" } });
    expect(await receiveFrame(two)).toMatchObject({ data: { text: "header" } });
  });

  test("a silent client is asked by a ping frame, and given up when it does not answer", async () => {
    const clock = new Clock();
    const { net } = startChatServer(echo, { clock });
    const socket = await openSession(net, "/chat/a");
    clock.advance(25_000);
    expect(await receiveFrame(socket)).toEqual({ t: "ping", n: 1 });
    clock.advance(10_000);
    expect(await socket.closed).toMatchObject({ code: 1006 });
  });

  test("a client that answers its ping is spared", async () => {
    const clock = new Clock();
    const { net } = startChatServer(echo, { clock });
    await using socket = await openSession(net, "/chat/a");
    for (let round = 0; round < 3; round += 1) {
      clock.advance(25_000);
      expect(await receiveFrame(socket)).toEqual({ t: "ping", n: 1 });
      socket.send({ t: "pong", n: 1 });
      socket.send({ t: "ping", n: 2 });
      await receiveFrame(socket); // the pong was heard before this
      clock.advance(100);
    }
  });
});

describe("in plain mode", () => {
  test("events written by hand are handled, and answered by bare events", async () => {
    const { net } = startChatServer(echo);
    await using socket = await net.connect("/chat/a");
    socket.send('{"t":"event","name":"say","data":{"text":"by hand"}}');
    expect(await socket.receive()).toBe('{"t":"event","name":"said","data":{"text":"by hand"}}');
    expect(socket.protocol).toBe("");
  });

  test("a client that offers only what nobody knows agrees on nothing", async () => {
    const { net } = startChatServer(echo);
    await using socket = await net.connect("/chat/a", { protocols: ["mqtt", "secret-token"] });
    expect(socket.protocol).toBe("");
    socket.send(sayFrame("hello"));
    expect(await receiveFrame(socket)).toMatchObject({ name: "said" });
  });

  test("a failed event without a number is told to nobody", async () => {
    const { net } = startChatServer(echo);
    await using socket = await net.connect("/chat/a");
    socket.send({ t: "event", name: "say", data: {} });
    socket.send(sayFrame("next"));
    expect(await receiveFrame(socket)).toMatchObject({ name: "said", data: { text: "next" } });
  });

  test("S18 › three messages that are no frames are told of, and then close with 1008", async () => {
    const { net } = startChatServer(echo);
    const socket = await net.connect("/chat/a");
    for (const slip of ["{", "[]", '{"t":"nothing"}']) {
      socket.send(slip);
      expect(await receiveFrame(socket)).toEqual({
        t: "error",
        code: "BAD_FRAME",
        message: expect.any(String),
      });
    }
    expect(await socket.closed).toMatchObject({ code: 1008, reason: "three messages were no frames" });
  });

  test("two slips are forgiven", async () => {
    const { net } = startChatServer(echo);
    await using socket = await net.connect("/chat/a");
    socket.send("{");
    socket.send("{");
    socket.send(sayFrame("hello"));
    expect(await receiveFrame(socket)).toMatchObject({ code: "BAD_FRAME" });
    expect(await receiveFrame(socket)).toMatchObject({ code: "BAD_FRAME" });
    expect(await receiveFrame(socket)).toMatchObject({ name: "said" });
  });
});
