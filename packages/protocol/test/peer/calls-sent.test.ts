import { describe, expect, test, vi } from "vitest";
import { CloseError, RequestError, ValidationError } from "../../src/errors.ts";
import { readCount, startPeer } from "./calls-harness.ts";
import { ample, settled } from "../session/session-harness.ts";

const sentFrame = '{"t":"request","q":1,"name":"join","data":{"room":"a"}}';

describe("a request that is sent", () => {
  test("is a frame, and its schema validates the reply", async () => {
    const { peer, receive, sent } = startPeer();
    const reply = peer.request("join", { room: "a" });
    expect(await sent()).toEqual([sentFrame]);
    receive('{"t":"reply","re":1,"data":5}');
    expect(await reply).toBe(5);
  });

  test("rejects when its schema rejects the reply", async () => {
    const { peer, receive } = startPeer();
    const reply = peer.request("join", { room: "a" });
    receive('{"t":"reply","re":1,"data":"five"}');
    await expect(reply).rejects.toBeInstanceOf(ValidationError);
  });

  test.each([
    ['"code":"NO","message":"no","data":[1]', new RequestError("NO", "no", [1])],
    ['"code":"FULL","message":"full","data":{"seats":"7"}', new RequestError("FULL", "full", { seats: 7 })],
    [
      '"code":"INVALID","message":"x","data":[{"message":"bad","path":["room"]}]',
      new ValidationError([{ message: "bad", path: ["room"] }]),
    ],
    ['"code":"constructor","message":"x"', new RequestError("constructor", "x")],
  ])("rejects with %s", async (fields, error) => {
    const { peer, receive } = startPeer();
    const reply = peer.request("join", { room: "a" });
    receive(`{"t":"error","re":1,${fields}}`);
    await expect(reply).rejects.toEqual(error);
  });

  test("rejects with the issues when the schema of a declared error rejects its data", async () => {
    const { peer, receive } = startPeer();
    const reply = peer.request("join", { room: "a" });
    receive('{"t":"error","re":1,"code":"FULL","message":"full"}');
    await expect(reply).rejects.toBeInstanceOf(ValidationError);
  });

  test("that is cancelled informs the remote peer once, and rejects with the reason", async () => {
    const { peer, receive, sent } = startPeer();
    const enough = new AbortController();
    const reply = peer.request("join", { room: "a" }, { signal: enough.signal });
    enough.abort(new Error("enough"));
    await expect(reply).rejects.toThrow("enough");
    receive('{"t":"reply","re":1,"data":5}', '{"t":"cancel","re":1}');
    expect(await sent()).toEqual([sentFrame, '{"t":"cancel","q":1}']);
  });

  test("is never sent when its signal has aborted before", async () => {
    const { peer, sent } = startPeer();
    const reply = peer.request("join", { room: "a" }, { signal: AbortSignal.abort(new Error("no")) });
    await expect(reply).rejects.toThrow("no");
    expect(await sent()).toEqual([]);
  });

  test("carries its deadline, and is cancelled when that has passed", async () => {
    const { peer, sent, timers } = startPeer();
    const reply = peer.request("join", { room: "a" }, { timeout: 50 });
    expect(timers).toMatchObject([{ ms: 50 }]);
    timers[0]?.expire();
    await expect(reply).rejects.toMatchObject({
      code: "TIMEOUT",
      message: "no reply within 50 ms",
    });
    expect(await sent()).toEqual([sentFrame.replace("}}", '},"deadline":50}'), '{"t":"cancel","q":1}']);
    expect(timers).toEqual([]);
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity, 2 ** 31])("cannot have a timeout of %d", async (timeout) => {
    const { peer, sent } = startPeer();
    await expect(peer.request("join", { room: "a" }, { timeout })).rejects.toThrow(RangeError);
    expect(await sent()).toEqual([]);
  });

  test("that has its reply ignores its signal and its timeout", async () => {
    const { peer, receive, sent, timers } = startPeer();
    const late = new AbortController();
    const reply = peer.request("join", { room: "a" }, { timeout: 50, signal: late.signal });
    receive('{"t":"reply","re":1,"data":5}');
    await reply;
    late.abort();
    expect(timers).toEqual([]);
    expect(await sent()).toHaveLength(1);
  });

  test("rejects as unknown when the session is lost", async () => {
    const { peer } = startPeer();
    const reply = peer.request("join", { room: "a" });
    peer.sessionLost();
    await expect(reply).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", sentBefore: true });
  });

  // reports.md, fault 4
  test("that no code awaits raises no unhandled rejection: its failure is reported as that of an event", async () => {
    const failures: unknown[] = [];
    const { peer, receive } = startPeer({ onEventFailed: (failure) => void failures.push(failure) });
    const rejections: unknown[] = [];
    const record = (error: unknown): void => void rejections.push(error);
    process.on("unhandledRejection", record);
    void peer.request("join", { room: "a" });
    void peer.request("join", { room: "b" });
    void peer.request("absent" as "join", { room: "c" });
    const enough = new AbortController();
    void peer.request("join", { room: "d" }, { signal: enough.signal });
    enough.abort(new Error("enough"));
    receive('{"t":"error","re":1,"code":"GONE","message":"gone"}');
    peer.end();
    await settled();
    await new Promise((resolve) => setImmediate(resolve)); // Node reports rejections after the microtasks
    process.off("unhandledRejection", record);
    expect(rejections).toEqual([]);
    expect(failures).toEqual([
      {
        name: "absent",
        data: { room: "c" },
        error: new TypeError('the contract declares no request "absent"'),
      },
      { name: "join", data: { room: "a" }, error: expect.objectContaining({ code: "GONE" }) },
      { name: "join", data: { room: "b" }, error: expect.objectContaining({ code: "OUTCOME_UNKNOWN" }) },
    ]);
  });

  test("that is awaited fails for its caller alone, by then, catch, finally and Promise.all", async () => {
    const failures: unknown[] = [];
    const { peer } = startPeer({ onEventFailed: (failure) => void failures.push(failure) });
    const request = (): Promise<number> => peer.request("join", { room: "a" });
    const outcomes = [
      request().then(undefined, () => "then"),
      request().catch(() => "catch"),
      request()
        .finally(() => {})
        .catch(() => "finally"),
      Promise.all([request(), request()]).catch(() => "all"),
      (async () => request())().catch(() => "async"),
    ];
    peer.end();
    expect(await Promise.all(outcomes)).toEqual(["then", "catch", "finally", "all", "async"]);
    expect(failures).toEqual([]);
  });

  // reports.md, fault 20
  test("many requests and streams have one listener on a signal that they share, and leave none behind", async () => {
    const { peer, receive } = startPeer();
    const enough = new AbortController();
    const { signal } = enough;
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const answered = peer.request("join", { room: "a" }, { signal });
    const others = Array.from({ length: 20 }, () => peer.request("join", { room: "a" }, { signal }));
    expect(new Set(added.mock.calls.map(([, listener]) => listener)).size).toBe(1);
    receive('{"t":"reply","re":1,"data":5}');
    await answered;
    expect(removed).not.toHaveBeenCalled();
    enough.abort(new Error("enough"));
    expect(await Promise.allSettled(others)).toEqual(
      others.map(() => ({ status: "rejected", reason: new Error("enough") })),
    );
    expect(removed).toHaveBeenCalled();
  });

  test("waits for a wire, unless it is cancelled before", async () => {
    const { peer, sender, wire, sent } = startPeer();
    sender.detach();
    const enough = new AbortController();
    const never = peer.request("join", { room: "never" }, { signal: enough.signal });
    void peer.request("join", { room: "a" });
    enough.abort(new Error("enough"));
    await expect(never).rejects.toThrow("enough");
    sender.attach(wire, ample);
    expect(await sent()).toEqual([sentFrame.replace("1", "2")]);
  });

  test("rejects with the reason of the end after it", async () => {
    const { peer, sender } = startPeer();
    sender.end(new CloseError(4001));
    peer.end();
    await expect(peer.request("join", { room: "a" })).rejects.toMatchObject({ code: 4001 });
  });

  test("that cannot be written rejects, and is not sent", async () => {
    const { peer, sent } = startPeer();
    const room: unknown[] = [];
    room.push(room);
    await expect(peer.request("join", { room } as never)).rejects.toThrow(TypeError);
    await expect(peer.request("join", 1n as never)).rejects.toThrow(TypeError);
    expect(await sent()).toEqual([]);
  });

  test.each(["note", "count", "toString", "__proto__", "then"])("cannot be called %j", async (name) => {
    const { peer, sent } = startPeer();
    await expect(peer.request(name as "join", { room: "a" })).rejects.toThrow(
      `the contract declares no request "${name}"`,
    );
    expect(await sent()).toEqual([]);
  });

  test("waits while 64 are open, and is sent in its turn, also after the end", async () => {
    const { peer, sender, receive, sent } = startPeer();
    const replies = Array.from({ length: 66 }, () => peer.request("join", { room: "a" }));
    const outcomes = Promise.allSettled(replies);
    expect(await sent()).toHaveLength(64);
    receive('{"t":"reply","re":3,"data":5}');
    expect(await sent()).toEqual([sentFrame.replace("1", "65")]);
    sender.end(new CloseError(4001));
    peer.end();
    const reasons = (await outcomes).map((one) => (one.status === "rejected" ? one.reason.code : one.value));
    expect([...new Set(reasons)]).toEqual(["OUTCOME_UNKNOWN", 5, 4001]);
    expect(reasons.at(-1)).toBe(4001);
  });
});

describe("frames without a call", () => {
  test.each([
    ["a reply", '{"t":"reply","re":9,"data":1}'],
    ["an item", '{"t":"next","re":9,"data":1}'],
    ["an end", '{"t":"end","re":9}'],
    ["credit", '{"t":"credit","re":9,"n":1,"b":1}'],
    ["a cancel", '{"t":"cancel","re":9}'],
    ["an error", '{"t":"error","re":9,"code":"NO","message":""}'],
  ])("%s is dropped", async (_what, frame) => {
    const { receive, sent, peer } = startPeer();
    receive(frame);
    expect(await sent()).toEqual([]);
    const reply = peer.request("join", { room: "a" });
    receive('{"t":"reply","re":1,"data":5}');
    expect(await reply).toBe(5);
  });

  test("a second reply is dropped, and so are items and an end for a request", async () => {
    const { receive, peer } = startPeer();
    const reply = peer.request("join", { room: "a" });
    receive('{"t":"next","re":1,"data":7}', '{"t":"end","re":1}');
    receive('{"t":"reply","re":1,"data":5}', '{"t":"reply","re":1,"data":6}');
    expect(await reply).toBe(5);
  });

  test("an item after the end is dropped", async () => {
    const all = startPeer();
    const { items, ended } = readCount(all);
    await settled();
    all.receive('{"t":"next","re":1,"data":1}', '{"t":"end","re":1}', '{"t":"next","re":1,"data":2}');
    await ended;
    expect(items).toEqual([1]);
  });

  test("items beyond the credit are refused with 4429", async () => {
    const { peer, receive } = startPeer();
    void peer.stream("count", 3).next();
    await settled();
    receive('{"t":"next","re":1,"data":1}');
    await settled();
    for (let n = 2; n <= 16; n += 1) receive(`{"t":"next","re":1,"data":${n}}`);
    const beyond = (): void => receive('{"t":"next","re":1,"data":17}');
    expect(beyond).toThrow(expect.objectContaining({ name: "ProtocolError", closeCode: 4429 }));
  });

  test.each(['{"t":"end","q":1,"re":1}', '{"t":"end"}'])("%s is refused", (frame) => {
    const { receive } = startPeer();
    const invalid = (): void => receive(frame);
    expect(invalid).toThrow("a frame of a call has either q or re");
  });
});
