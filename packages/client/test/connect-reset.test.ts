import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pass } from "./connection/fakes.ts";
import { said, talking, told, welcomed } from "./talking.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const unknown = (sentBefore: boolean) => expect.objectContaining({ code: "OUTCOME_UNKNOWN", sentBefore });
describe("a session that was lost", () => {
  test("leaves unknown what was sent; what never was goes into the new one", async () => {
    const { client, last, opens, welcomes, says, heard, resets, failures } = await welcomed();
    const sent = Promise.allSettled([client.send("say", 0), client.send("say", 1)]);
    client.send("say", 2);
    says('{"t":"ack","a":1}');
    await pass();
    last().emitClose();
    const kept = Promise.all([client.send("say", 3), client.request("ask", 4)]);
    await pass(1_000);
    opens();
    welcomes({ state: "reset", why: "unknown", sid: "s2" });
    expect(await sent).toEqual([
      { status: "fulfilled", value: undefined },
      { status: "rejected", reason: unknown(true) },
    ]);
    expect(resets).toEqual([{ reason: "unknown" }]);
    expect(failures).toEqual([{ name: "say", data: 2, error: unknown(true) }]);
    expect(client.status.value).toEqual({ state: "open", attempt: 0, resumed: false });
    expect(heard()).toEqual([said(1, 3, 4), '{"s":2,"t":"request","q":5,"name":"ask","data":4}']);
    says('{"s":1,"t":"reply","data":6,"re":5}', '{"t":"ack","a":2}');
    expect(await kept).toEqual([undefined, 6]);
    expect(client.bufferedAmount).toBe(0);
    client.close();
  });

  test("fails its requests and streams as unknown", async () => {
    const { client, welcomes, breaks } = await welcomed();
    const reply = client.request("ask", 3);
    const item = client.stream("count", 4).next();
    const outcomes = Promise.allSettled([reply, item]);
    await pass();
    await breaks();
    welcomes({ state: "reset", why: "lost" });
    const failed = { status: "rejected", reason: unknown(true) };
    expect(await outcomes).toEqual([failed, failed]);
    client.close();
  });

  test("is told of after its own messages, and before those of the new one, once", async () => {
    const { client, says, welcomes, breaks, order } = await welcomed();
    const gates: (() => void)[] = [];
    client.on("told", () => new Promise<void>((resolve) => gates.push(resolve)));
    says(told(1, 1), told(2, 2));
    await pass();
    await breaks();
    welcomes({ state: "reset", why: "overflow" });
    says(told(1, 3));
    await pass();
    expect(order).toEqual([1]);
    gates[0]?.();
    await pass();
    gates[1]?.();
    await pass();
    expect(order).toEqual([1, 2, "reset", 3]);
    client.close();
  });

  test("is told of also when the server says nothing but that there is another", async () => {
    const { client, welcomes, breaks, resets } = await welcomed();
    await breaks();
    welcomes({ sid: "s2" });
    await pass();
    expect([resets, client.status.value.resumed]).toEqual([[{ reason: "" }], false]);
    client.close();
  });

  test("whoever is told of it may send, and may close", async () => {
    const { client, welcomes, breaks, heard } = await welcomed();
    client.onReset(() => {
      client.send("say", 1);
      client.close();
    });
    await breaks();
    heard();
    welcomes({ state: "reset", why: "unknown" });
    expect(await client.closed).toMatchObject({ code: 1000 });
    expect(heard()).toEqual([said(1, 1), '{"t":"bye"}']);
  });
});

describe("what is kept for the server", () => {
  test("is counted until it is handled there", async () => {
    const { client, says } = await welcomed();
    expect(client.bufferedAmount).toBe(0);
    client.send("say", 1);
    const one = client.bufferedAmount;
    client.send("say", 2);
    expect([one > 0, client.bufferedAmount]).toEqual([true, 2 * one]);
    says('{"t":"ack","a":2,"but":[1]}');
    expect(client.bufferedAmount).toBe(one);
    client.close();
  });

  test("is bounded: what is left alone fails, and is told; what is awaited waits", async () => {
    const { client, opens, welcomes, says, failures } = await talking({ messages: 2 });
    for (const n of [1, 2, 3]) client.send("say", n);
    const waits = client.send("say", 4).then(() => "handled");
    await pass();
    const full = expect.objectContaining({ code: "OUTBOX_FULL" });
    expect(failures).toEqual([{ name: "say", data: 3, error: full }]);
    opens();
    welcomes();
    says('{"t":"ack","a":3}');
    expect([await waits, failures.length]).toEqual(["handled", 1]);
    client.close();
  });

  test("is refused beyond its bounds, where that is asked for, and told when nobody awaits it", async () => {
    const { client, failures } = await talking({ bytes: 200, full: "reject" });
    for (const n of [1, 2]) client.send("say", n);
    await expect(client.send("say", 3)).rejects.toMatchObject({ code: "OUTBOX_FULL" });
    expect(failures.map(({ data }) => data)).toEqual([2]);
    client.close();
  });

  test("is not what is volatile: that is dropped when it cannot go at once", async () => {
    const { client, last, heard, failures } = await welcomed();
    heard();
    await client.send("say", 1, { volatile: true });
    expect([heard(), client.bufferedAmount]).toEqual([['{"t":"event","name":"say","data":1}'], 0]);
    last().emitClose();
    await expect(client.send("say", 2, { volatile: true })).rejects.toMatchObject({ code: "DROPPED" });
    client.send("say", 3, { volatile: true });
    await pass();
    expect(failures).toEqual([]);
    client.close();
  });
});

test("at its end what was sent is unknown, what never was fails with the end, and nothing is kept", async () => {
  const { client, last, failures } = await welcomed();
  const outcomes = Promise.allSettled([
    client.send("say", 1),
    client.request("ask", 2),
    ...(last().emitClose(), [client.send("say", 3), client.request("ask", 4)]),
  ]);
  client.send("say", 5);
  await pass();
  client.close(4000, "enough");
  const sent = { status: "rejected", reason: unknown(true) };
  const closed = { status: "rejected", reason: expect.objectContaining({ code: 4000 }) };
  expect(await outcomes).toEqual([sent, sent, closed, closed]);
  expect(failures).toEqual([{ name: "say", data: 5, error: expect.objectContaining({ code: 4000 }) }]);
  await expect(client.send("say", 6)).rejects.toMatchObject({ code: 4000 });
  client.send("say", 7);
  await pass();
  expect([failures.length, client.bufferedAmount, vi.getTimerCount()]).toEqual([1, 0, 0]);
});
