import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pass, welcome } from "./connection/fakes.ts";
import { said, talking, told, welcomed } from "./talking.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("hello", () => {
  test("asks to go on where the session was", async () => {
    const { client, says, breaks } = await welcomed();
    for (const n of [1, 2, 3]) client.send("say", n);
    says(told(1, 1), told(2, 2), '{"t":"ack","a":1}');
    await pass();
    const hello = await breaks();
    expect(hello).toMatchObject({ att: 2, resume: { sid: "s", rt: "r", ep: "e", rx: 2, tx0: 2 } });
    client.close();
  });

  test("names the same client without a session, when its welcome was lost", async () => {
    const { client, opens, breaks } = await talking();
    const first = opens();
    const second = await breaks();
    expect(second).toEqual({ ...first, att: 2 });
    expect(second).not.toHaveProperty("resume");
    client.close();
  });

  test("asks for the new session after a reset", async () => {
    const { client, welcomes, breaks } = await welcomed();
    await breaks();
    welcomes({ state: "reset", why: "unknown", sid: "s2", rt: "r2", ep: "e2" });
    expect(await breaks()).toMatchObject({ resume: { sid: "s2", rt: "r2", ep: "e2", rx: 0, tx0: 1 } });
    client.close();
  });
});

describe("a session that goes on", () => {
  test("says again what the server does not have, then what was said while away, and tells of no reset", async () => {
    const { client, last, welcomes, heard, resets } = await welcomed();
    const sent = [1, 2].map((n) => client.send("say", n));
    expect(heard()).toEqual([said(1, 1), said(2, 2)]);
    last().emitClose();
    sent.push(client.send("say", 3));
    await pass(1_000);
    last().emitOpen();
    heard();
    welcomes({ state: "resumed", rx: 1 });
    expect(heard()).toEqual([said(2, 2), said(3, 3)]);
    expect(client.status.value).toEqual({ state: "open", attempt: 0, resumed: true });
    last().emitMessage('{"t":"ack","a":3}');
    await Promise.all(sent);
    expect([resets, client.bufferedAmount]).toEqual([[], 0]);
    client.close();
  });

  test("tells each message once, and acknowledges it when it is handled", async () => {
    const { client, says, welcomes, heard, breaks, order } = await welcomed();
    says(told(1, 1));
    await pass();
    expect(heard()).toEqual(['{"t":"ack","a":1}']);
    await breaks();
    welcomes({ state: "resumed" });
    expect(heard()).toEqual(['{"t":"ack","a":1}']);
    says(told(1, 1), told(2, 2));
    await pass();
    expect(order).toEqual([1, 2]);
    expect(heard()).toEqual(['{"t":"ack","a":2,"but":[2]}', '{"t":"ack","a":2}']);
    client.close();
  });

  test("keeps its calls: the answer comes on another wire", async () => {
    const { client, says, welcomes, breaks } = await welcomed();
    const reply = client.request("ask", 1);
    const items = client.stream("count", 2);
    const first = items.next();
    await pass();
    await breaks();
    welcomes({ state: "resumed", rx: 2 });
    says('{"s":1,"t":"reply","data":5,"re":1}', '{"s":2,"t":"next","data":6,"re":2}');
    expect([await reply, await first]).toEqual([5, { done: false, value: 6 }]);
    client.close();
  });

  test("answers a ping with what it owes as well", async () => {
    const { client, says, heard } = await welcomed();
    says('{"s":1,"t":"reply","re":9}', '{"t":"ping","n":7}');
    expect(heard()).toEqual(['{"t":"pong","n":7}', '{"t":"ack","a":1}']);
    client.close();
  });

  test("asks again for a message that is missing, on another wire", async () => {
    const { client, says, opens, order } = await welcomed();
    says(told(1, 1), told(3, 3));
    expect(client.status.value).toMatchObject({
      state: "waiting",
      error: { reason: "a message is missing" },
    });
    says(told(2, 2)); // on a wire that was let go
    await pass(1_000);
    expect(opens()).toMatchObject({ resume: { rx: 1 } });
    says(welcome({ state: "resumed" }), told(2, 2), told(3, 3));
    await pass();
    expect(order).toEqual([1, 2, 3]);
    client.close();
  });

  test("ends when the server says more than there was room for", async () => {
    const { client, says } = await welcomed();
    client.on("told", () => new Promise(() => {}));
    // Twice as much as was granted is borne: what comes again after a restart of the server takes room as well.
    says(...Array.from({ length: 512 }, (_, n) => told(n + 1, n)));
    expect(client.status.value.state).toBe("open");
    says(told(513, 1));
    expect(await client.closed).toMatchObject({ code: 4429 });
  });
});
