import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pass, welcome } from "./connection/fakes.ts";
import { createClient, createWelcomedClient, postedFrame, postFrame } from "./client-over-fake-sockets.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("the client's hello", () => {
  test("asks to resume the session at its positions", async () => {
    const { client, receive, reconnect } = await createWelcomedClient();
    for (const n of [1, 2, 3]) client.send("post", n);
    receive(postedFrame(1, 1), postedFrame(2, 2), '{"t":"ack","a":1}');
    await pass();
    const hello = await reconnect();
    expect(hello).toMatchObject({ att: 2, resume: { sid: "s", rt: "r", ep: "e", rx: 2, tx0: 2 } });
    client.close();
  });

  test("has the same client id and no session when the welcome was lost", async () => {
    const { client, openSocket, reconnect } = await createClient();
    const first = openSocket();
    const second = await reconnect();
    expect(second).toEqual({ ...first, att: 2 });
    expect(second).not.toHaveProperty("resume");
    client.close();
  });

  test("asks to resume the new session after a reset", async () => {
    const { client, receiveWelcome, reconnect } = await createWelcomedClient();
    await reconnect();
    receiveWelcome({ state: "reset", why: "unknown", sid: "s2", rt: "r2", ep: "e2" });
    expect(await reconnect()).toMatchObject({ resume: { sid: "s2", rt: "r2", ep: "e2", rx: 0, tx0: 1 } });
    client.close();
  });
});

describe("a client whose session resumes", () => {
  test("acknowledges nothing on the old wire beyond its hello on the new one, and still handles what comes there", async () => {
    const { client, made, openSocket, receive, receiveWelcome, sentFrames, order } =
      await createWelcomedClient();
    receive(postedFrame(1, 1));
    await pass();
    client.reconnect();
    await pass();
    const old = made[0];
    old?.sent.splice(0);
    expect(openSocket()).toMatchObject({ resume: { rx: 1 } });
    old?.emitMessage(postedFrame(2, 2));
    await pass();
    client.send("post", 7).catch(() => {});
    await pass();
    expect(order).toEqual([1, 2]);
    expect(old?.sent).toEqual([postFrame(1, 7)]);
    receiveWelcome({ state: "resumed", rx: 0 });
    expect(sentFrames()).toEqual([postFrame(1, 7), '{"t":"ack","a":2}']);
    client.close();
  });

  test("resends the messages that the server has not received, then sends the queued ones, and reports no reset", async () => {
    const { client, last, receiveWelcome, sentFrames, resets } = await createWelcomedClient();
    const sent = [1, 2].map((n) => client.send("post", n));
    expect(sentFrames()).toEqual([postFrame(1, 1), postFrame(2, 2)]);
    last().emitClose();
    sent.push(client.send("post", 3));
    await pass(1_000);
    last().emitOpen();
    sentFrames();
    receiveWelcome({ state: "resumed", rx: 1 });
    expect(sentFrames()).toEqual([postFrame(2, 2), postFrame(3, 3)]);
    expect(client.status.value).toEqual({ state: "open", attempt: 0, resumed: true });
    last().emitMessage('{"t":"ack","a":3}');
    await Promise.all(sent);
    expect([resets, client.bufferedAmount]).toEqual([[], 0]);
    client.close();
  });

  test("delivers each message once, and acknowledges it when its listeners have handled it", async () => {
    const { client, receive, receiveWelcome, sentFrames, reconnect, order } = await createWelcomedClient();
    receive(postedFrame(1, 1));
    await pass();
    expect(sentFrames()).toEqual(['{"t":"ack","a":1}']);
    await reconnect();
    receiveWelcome({ state: "resumed" });
    expect(sentFrames()).toEqual(['{"t":"ack","a":1}']);
    receive(postedFrame(1, 1), postedFrame(2, 2));
    await pass();
    expect(order).toEqual([1, 2]);
    expect(sentFrames()).toEqual(['{"t":"ack","a":2,"but":[2]}', '{"t":"ack","a":2}']);
    client.close();
  });

  test("receives the replies to its open calls on another wire", async () => {
    const { client, receive, receiveWelcome, reconnect } = await createWelcomedClient();
    const reply = client.request("ask", 1);
    const items = client.stream("count", 2);
    const first = items.next();
    await pass();
    await reconnect();
    receiveWelcome({ state: "resumed", rx: 2 });
    receive('{"s":1,"t":"reply","data":5,"re":1}', '{"s":2,"t":"next","data":6,"re":2}');
    expect([await reply, await first]).toEqual([5, { done: false, value: 6 }]);
    client.close();
  });

  test("answers a ping, and sends its pending acknowledgement with the pong", async () => {
    const { client, receive, sentFrames } = await createWelcomedClient();
    receive('{"s":1,"t":"reply","re":9}', '{"t":"ping","n":7}');
    expect(sentFrames()).toEqual(['{"t":"pong","n":7}', '{"t":"ack","a":1}']);
    client.close();
  });

  test("reconnects when a message is missing, and receives that message on the next wire", async () => {
    const { client, receive, openSocket, order } = await createWelcomedClient();
    receive(postedFrame(1, 1), postedFrame(3, 3));
    expect(client.status.value).toMatchObject({
      state: "waiting",
      error: { reason: "a message is missing" },
    });
    receive(postedFrame(2, 2)); // on the wire that the client dropped
    await pass(1_000);
    expect(openSocket()).toMatchObject({ resume: { rx: 1 } });
    receive(welcome({ state: "resumed" }), postedFrame(2, 2), postedFrame(3, 3));
    await pass();
    expect(order).toEqual([1, 2, 3]);
    client.close();
  });

  test("ends with 4429 when the server exceeds twice the granted credit", async () => {
    const { client, receive } = await createWelcomedClient();
    client.on("posted", () => new Promise(() => {}));
    // The client accepts twice the credit: after a restart the server resends messages, which use credit again.
    receive(...Array.from({ length: 512 }, (_, n) => postedFrame(n + 1, n)));
    expect(client.status.value.state).toBe("open");
    receive(postedFrame(513, 1));
    expect(await client.closed).toMatchObject({ code: 4429 });
  });
});
