import { SUBPROTOCOL } from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";
import { chat, echo, postFrame, startChatServer } from "./chat-server.ts";
import { openSession, receiveFrame, hello, connectSession, keyOf } from "../session/connect-session.ts";

describe("in session mode", () => {
  test("the server answers a hello by a welcome, in our subprotocol", async () => {
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

  test("every session has another id", async () => {
    const { net } = startChatServer(echo);
    await using one = await connectSession(net, "/chat/a", { ...hello, key: keyOf("one") });
    await using two = await connectSession(net, "/chat/a", { ...hello, key: keyOf("two") });
    const [a, b] = (await Promise.all([receiveFrame(one), receiveFrame(two)])) as { sid: string }[];
    expect(a?.sid).not.toBe(b?.sid);
  });

  test("events go both ways; an event of the server has a number by which the client can report its failure", async () => {
    const { net } = startChatServer(echo);
    await using socket = await openSession(net, "/chat/a");
    socket.send(postFrame("hello"));
    expect(await receiveFrame(socket)).toEqual({ t: "event", name: "posted", data: { text: "hello" }, q: 1 });
  });

  test("the server answers a ping with the same number", async () => {
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

  // S18
  test.each([
    ["no JSON", "{"],
    ["no object", "3"],
    ["an unknown kind", '{"t":"shout"}'],
    ["a wrong field", '{"t":"event","name":3}'],
    ["a second hello", JSON.stringify(hello)],
    ["a welcome", '{"t":"welcome","state":"new","sid":"a","heartbeat":{"i":1,"t":1}}'],
    ["a field called __proto__", '{"t":"event","name":"post","__proto__":{"polluted":1}}'],
    ["a binary message", new Uint8Array([1])],
  ])("%s closes with 4400", async (_, message) => {
    const { net } = startChatServer(echo);
    const socket = await openSession(net, "/chat/a");
    socket.send(message);
    expect(await socket.closed).toMatchObject({ code: 4400 });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("the token is the credential of the hello, or of the Bearer header when the hello has none", async () => {
    const app = createApp();
    app.implement(chat, (peer, { token }) => ({
      post: () => peer.send("posted", { text: token ?? "none" }),
    }));
    const net = testNetwork(app);
    const headers = { authorization: "Bearer header" };
    await using one = await openSession(
      net,
      "/chat/a",
      { ...hello, key: keyOf("1"), auth: "hello" },
      { headers },
    );
    await using two = await openSession(net, "/chat/a", { ...hello, key: keyOf("2") }, { headers });
    one.send(postFrame(""));
    two.send(postFrame(""));
    expect(await receiveFrame(one)).toMatchObject({ data: { text: "hello" } });
    expect(await receiveFrame(two)).toMatchObject({ data: { text: "header" } });
  });

  test("the server sends a silent client a ping frame, and terminates the wire when no answer comes", async () => {
    const clock = new Clock();
    const { net } = startChatServer(echo, { clock });
    const socket = await openSession(net, "/chat/a");
    clock.advance(25_000);
    expect(await receiveFrame(socket)).toEqual({ t: "ping", n: 1 });
    clock.advance(10_000);
    expect(await socket.closed).toMatchObject({ code: 1006 });
  });

  test("a client that answers its ping stays connected", async () => {
    const clock = new Clock();
    const { net } = startChatServer(echo, { clock });
    await using socket = await openSession(net, "/chat/a");
    for (let round = 0; round < 3; round += 1) {
      clock.advance(25_000);
      expect(await receiveFrame(socket)).toEqual({ t: "ping", n: 1 });
      socket.send({ t: "pong", n: 1 });
      socket.send({ t: "ping", n: 2 });
      await receiveFrame(socket); // the server has received the pong before this
      clock.advance(100);
    }
  });
});

describe("in plain mode", () => {
  test("the server handles bare events, and answers by bare events", async () => {
    const { net } = startChatServer(echo);
    await using socket = await net.connect("/chat/a");
    socket.send('{"t":"event","name":"post","data":{"text":"by hand"}}');
    expect(await socket.receive()).toBe('{"t":"event","name":"posted","data":{"text":"by hand"}}');
    expect(socket.protocol).toBe("");
  });

  test("a client that offers only unknown subprotocols gets none", async () => {
    const { net } = startChatServer(echo);
    await using socket = await net.connect("/chat/a", { protocols: ["mqtt", "secret-token"] });
    expect(socket.protocol).toBe("");
    socket.send(postFrame("hello"));
    expect(await receiveFrame(socket)).toMatchObject({ name: "posted" });
  });

  test("the failure of an event without a number is not reported to the client", async () => {
    const { net } = startChatServer(echo);
    await using socket = await net.connect("/chat/a");
    socket.send({ t: "event", name: "post", data: {} });
    socket.send(postFrame("next"));
    expect(await receiveFrame(socket)).toMatchObject({ name: "posted", data: { text: "next" } });
  });

  // S18
  test("the server reports each of three invalid frames, and then closes with 1008", async () => {
    const { net } = startChatServer(echo);
    const socket = await net.connect("/chat/a");
    for (const invalid of ["{", "[]", '{"t":"nothing"}']) {
      socket.send(invalid);
      expect(await receiveFrame(socket)).toEqual({
        t: "error",
        code: "BAD_FRAME",
        message: expect.any(String),
      });
    }
    expect(await socket.closed).toMatchObject({ code: 1008, reason: "three invalid frames" });
  });

  test("after two invalid frames the connection stays open", async () => {
    const { net } = startChatServer(echo);
    await using socket = await net.connect("/chat/a");
    socket.send("{");
    socket.send("{");
    socket.send(postFrame("hello"));
    expect(await receiveFrame(socket)).toMatchObject({ code: "BAD_FRAME" });
    expect(await receiveFrame(socket)).toMatchObject({ code: "BAD_FRAME" });
    expect(await receiveFrame(socket)).toMatchObject({ name: "posted" });
  });
});
