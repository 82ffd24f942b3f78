import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pass } from "./connection/fakes.ts";
import { createClient, createWelcomedClient, postedFrame, postFrame } from "./client-over-fake-sockets.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const unknown = (sentBefore: boolean) => expect.objectContaining({ code: "OUTCOME_UNKNOWN", sentBefore });
describe("a client whose session was reset", () => {
  test("fails sent events with OUTCOME_UNKNOWN, and sends the queued messages in the new session", async () => {
    const { client, last, openSocket, receiveWelcome, receive, sentFrames, resets, failures } =
      await createWelcomedClient();
    const sent = Promise.allSettled([client.send("post", 0), client.send("post", 1)]);
    client.send("post", 2);
    receive('{"t":"ack","a":1}');
    await pass();
    last().emitClose();
    const kept = Promise.all([client.send("post", 3), client.request("ask", 4)]);
    await pass(1_000);
    openSocket();
    receiveWelcome({ state: "reset", why: "unknown", sid: "s2" });
    expect(await sent).toEqual([
      { status: "fulfilled", value: undefined },
      { status: "rejected", reason: unknown(true) },
    ]);
    expect(resets).toEqual([{ reason: "unknown" }]);
    expect(failures).toEqual([{ name: "post", data: 2, error: unknown(true) }]);
    expect(client.status.value).toEqual({ state: "open", attempt: 0, resumed: false });
    expect(sentFrames()).toEqual([postFrame(1, 3, 4), '{"s":2,"t":"request","q":5,"name":"ask","data":4}']);
    receive('{"s":1,"t":"reply","data":6,"re":5}', '{"t":"ack","a":2}');
    expect(await kept).toEqual([undefined, 6]);
    expect(client.bufferedAmount).toBe(0);
    client.close();
  });

  test("fails its sent requests and streams with OUTCOME_UNKNOWN", async () => {
    const { client, receiveWelcome, reconnect } = await createWelcomedClient();
    const reply = client.request("ask", 3);
    const item = client.stream("count", 4).next();
    const outcomes = Promise.allSettled([reply, item]);
    await pass();
    await reconnect();
    receiveWelcome({ state: "reset", why: "lost" });
    const failed = { status: "rejected", reason: unknown(true) };
    expect(await outcomes).toEqual([failed, failed]);
    client.close();
  });

  test("calls onReset once, after the old session's messages and before those of the new session", async () => {
    const { client, receive, receiveWelcome, reconnect, order } = await createWelcomedClient();
    const gates: (() => void)[] = [];
    client.on("posted", () => new Promise<void>((resolve) => gates.push(resolve)));
    receive(postedFrame(1, 1), postedFrame(2, 2));
    await pass();
    await reconnect();
    receiveWelcome({ state: "reset", why: "overflow" });
    receive(postedFrame(1, 3));
    await pass();
    expect(order).toEqual([1]);
    gates[0]?.();
    await pass();
    gates[1]?.();
    await pass();
    expect(order).toEqual([1, 2, "reset", 3]);
    client.close();
  });

  test("calls onReset also when the server reports a new session and gives no reason", async () => {
    const { client, receiveWelcome, reconnect, resets } = await createWelcomedClient();
    await reconnect();
    receiveWelcome({ sid: "s2" });
    await pass();
    expect([resets, client.status.value.resumed]).toEqual([[{ reason: "" }], false]);
    client.close();
  });

  test("can send and close inside of onReset", async () => {
    const { client, receiveWelcome, reconnect, sentFrames } = await createWelcomedClient();
    client.onReset(() => {
      client.send("post", 1);
      client.close();
    });
    await reconnect();
    sentFrames();
    receiveWelcome({ state: "reset", why: "unknown" });
    expect(await client.closed).toMatchObject({ code: 1000 });
    expect(sentFrames()).toEqual([postFrame(1, 1), '{"t":"bye"}']);
  });
});

describe("the client's outbox", () => {
  test("counts the bytes of a message until the server has handled it", async () => {
    const { client, receive } = await createWelcomedClient();
    expect(client.bufferedAmount).toBe(0);
    client.send("post", 1);
    const one = client.bufferedAmount;
    client.send("post", 2);
    expect([one > 0, client.bufferedAmount]).toEqual([true, 2 * one]);
    receive('{"t":"ack","a":2,"but":[1]}');
    expect(client.bufferedAmount).toBe(one);
    client.close();
  });

  test("is bounded: a message that is not awaited fails and is reported, an awaited one waits", async () => {
    const { client, openSocket, receiveWelcome, receive, failures } = await createClient({ messages: 2 });
    for (const n of [1, 2, 3]) client.send("post", n);
    const awaited = client.send("post", 4).then(() => "handled");
    await pass();
    const full = expect.objectContaining({ code: "OUTBOX_FULL" });
    expect(failures).toEqual([{ name: "post", data: 3, error: full }]);
    openSocket();
    receiveWelcome();
    receive('{"t":"ack","a":3}');
    expect([await awaited, failures.length]).toEqual(["handled", 1]);
    client.close();
  });

  test("rejects a message beyond its bounds if `full` is `reject`, and reports one that is not awaited", async () => {
    const { client, failures } = await createClient({ bytes: 200, full: "reject" });
    for (const n of [1, 2]) client.send("post", n);
    await expect(client.send("post", 3)).rejects.toMatchObject({ code: "OUTBOX_FULL" });
    expect(failures.map(({ data }) => data)).toEqual([2]);
    client.close();
  });

  test("does not keep volatile messages: the client drops them when it cannot send at once", async () => {
    const { client, last, sentFrames, failures } = await createWelcomedClient();
    sentFrames();
    await client.send("post", 1, { volatile: true });
    expect([sentFrames(), client.bufferedAmount]).toEqual([['{"t":"event","name":"post","data":1}'], 0]);
    last().emitClose();
    await expect(client.send("post", 2, { volatile: true })).rejects.toMatchObject({ code: "DROPPED" });
    client.send("post", 3, { volatile: true });
    await pass();
    expect(failures).toEqual([]);
    client.close();
  });
});

test("a client that closes fails sent messages with OUTCOME_UNKNOWN and unsent ones with its CloseError, and keeps nothing", async () => {
  const { client, last, failures } = await createWelcomedClient();
  const outcomes = Promise.allSettled([
    client.send("post", 1),
    client.request("ask", 2),
    ...(last().emitClose(), [client.send("post", 3), client.request("ask", 4)]),
  ]);
  client.send("post", 5);
  await pass();
  client.close(4000, "enough");
  const sent = { status: "rejected", reason: unknown(true) };
  const closed = { status: "rejected", reason: expect.objectContaining({ code: 4000 }) };
  expect(await outcomes).toEqual([sent, sent, closed, closed]);
  expect(failures).toEqual([{ name: "post", data: 5, error: expect.objectContaining({ code: 4000 }) }]);
  await expect(client.send("post", 6)).rejects.toMatchObject({ code: 4000 });
  client.send("post", 7);
  await pass();
  expect([failures.length, client.bufferedAmount, vi.getTimerCount()]).toEqual([1, 0, 0]);
});
