import { describe, expect, test } from "vitest";
import { CloseError, RequestError, ValidationError } from "../../src/errors.ts";
import { calling, reading } from "./calls-harness.ts";
import { ample, settled } from "../session/outlet.ts";

const asked = '{"t":"request","q":1,"name":"join","data":{"room":"a"}}';

describe("a request that is asked", () => {
  test("is a frame, and its reply goes through its schema", async () => {
    const { peer, tell, said } = calling();
    const reply = peer.request("join", { room: "a" });
    expect(await said()).toEqual([asked]);
    tell('{"t":"reply","re":1,"data":5}');
    expect(await reply).toBe(5);
  });

  test("rejects when the reply is not what its schema says", async () => {
    const { peer, tell } = calling();
    const reply = peer.request("join", { room: "a" });
    tell('{"t":"reply","re":1,"data":"five"}');
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
    const { peer, tell } = calling();
    const reply = peer.request("join", { room: "a" });
    tell(`{"t":"error","re":1,${fields}}`);
    await expect(reply).rejects.toEqual(error);
  });

  test("rejects with the issues when a declared error is not what its schema says", async () => {
    const { peer, tell } = calling();
    const reply = peer.request("join", { room: "a" });
    tell('{"t":"error","re":1,"code":"FULL","message":"full"}');
    await expect(reply).rejects.toBeInstanceOf(ValidationError);
  });

  test("that is given up tells the other half, once, and rejects with the reason", async () => {
    const { peer, tell, said } = calling();
    const enough = new AbortController();
    const reply = peer.request("join", { room: "a" }, { signal: enough.signal });
    enough.abort(new Error("enough"));
    await expect(reply).rejects.toThrow("enough");
    tell('{"t":"reply","re":1,"data":5}', '{"t":"cancel","re":1}');
    expect(await said()).toEqual([asked, '{"t":"cancel","q":1}']);
  });

  test("that was given up before is never asked", async () => {
    const { peer, said } = calling();
    const reply = peer.request("join", { room: "a" }, { signal: AbortSignal.abort(new Error("no")) });
    await expect(reply).rejects.toThrow("no");
    expect(await said()).toEqual([]);
  });

  test("carries its deadline, and gives up when that is over", async () => {
    const { peer, said, alarms } = calling();
    const reply = peer.request("join", { room: "a" }, { timeout: 50 });
    expect(alarms).toMatchObject([{ ms: 50 }]);
    alarms[0]?.ring();
    await expect(reply).rejects.toMatchObject({
      code: "TIMEOUT",
      message: "there was no answer within 50 ms",
    });
    expect(await said()).toEqual([asked.replace("}}", '},"deadline":50}'), '{"t":"cancel","q":1}']);
    expect(alarms).toEqual([]);
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity, 2 ** 31])("cannot have a timeout of %d", async (timeout) => {
    const { peer, said } = calling();
    await expect(peer.request("join", { room: "a" }, { timeout })).rejects.toThrow(RangeError);
    expect(await said()).toEqual([]);
  });

  test("that is answered forgets its signal and its alarm", async () => {
    const { peer, tell, said, alarms } = calling();
    const late = new AbortController();
    const reply = peer.request("join", { room: "a" }, { timeout: 50, signal: late.signal });
    tell('{"t":"reply","re":1,"data":5}');
    await reply;
    late.abort();
    expect(alarms).toEqual([]);
    expect(await said()).toHaveLength(1);
  });

  test("whose session is lost rejects: nobody knows", async () => {
    const { peer } = calling();
    const reply = peer.request("join", { room: "a" });
    peer.sessionLost();
    await expect(reply).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", sentBefore: true });
  });

  test("while away is asked on return, unless it is given up before", async () => {
    const { peer, session, wire, said } = calling();
    session.detach();
    const enough = new AbortController();
    const never = peer.request("join", { room: "never" }, { signal: enough.signal });
    void peer.request("join", { room: "a" });
    enough.abort(new Error("enough"));
    await expect(never).rejects.toThrow("enough");
    session.attach(wire, ample);
    expect(await said()).toEqual([asked.replace("1", "2")]);
  });

  test("after the end rejects with its reason", async () => {
    const { peer, session } = calling();
    session.end(new CloseError(4001));
    peer.end();
    await expect(peer.request("join", { room: "a" })).rejects.toMatchObject({ code: 4001 });
  });

  test("that cannot be written rejects, and asks nothing", async () => {
    const { peer, said } = calling();
    const room: unknown[] = [];
    room.push(room);
    await expect(peer.request("join", { room } as never)).rejects.toThrow(TypeError);
    await expect(peer.request("join", 1n as never)).rejects.toThrow(TypeError);
    expect(await said()).toEqual([]);
  });

  test.each(["note", "count", "toString", "__proto__", "then"])("is not called %j", async (name) => {
    const { peer, said } = calling();
    await expect(peer.request(name as "join", { room: "a" })).rejects.toThrow(
      `"${name}" is no request of the contract`,
    );
    expect(await said()).toEqual([]);
  });

  test("waits when 64 are not over, and goes in its turn, also after the end", async () => {
    const { peer, session, tell, said } = calling();
    const replies = Array.from({ length: 66 }, () => peer.request("join", { room: "a" }));
    const outcomes = Promise.allSettled(replies);
    expect(await said()).toHaveLength(64);
    tell('{"t":"reply","re":3,"data":5}');
    expect(await said()).toEqual([asked.replace("1", "65")]);
    session.end(new CloseError(4001));
    peer.end();
    const reasons = (await outcomes).map((one) => (one.status === "rejected" ? one.reason.code : one.value));
    expect([...new Set(reasons)]).toEqual(["OUTCOME_UNKNOWN", 5, 4001]);
    expect(reasons.at(-1)).toBe(4001);
  });
});

describe("frames that answer nothing", () => {
  test.each([
    ["a reply", '{"t":"reply","re":9,"data":1}'],
    ["an item", '{"t":"next","re":9,"data":1}'],
    ["an end", '{"t":"end","re":9}'],
    ["credit", '{"t":"credit","re":9,"n":1,"b":1}'],
    ["a cancel", '{"t":"cancel","re":9}'],
    ["an error", '{"t":"error","re":9,"code":"NO","message":""}'],
  ])("%s to what was never asked is dropped", async (_what, frame) => {
    const { tell, said, peer } = calling();
    tell(frame);
    expect(await said()).toEqual([]);
    const reply = peer.request("join", { room: "a" });
    tell('{"t":"reply","re":1,"data":5}');
    expect(await reply).toBe(5);
  });

  test("a second reply is dropped, and so are items and an end for a request", async () => {
    const { tell, peer } = calling();
    const reply = peer.request("join", { room: "a" });
    tell('{"t":"next","re":1,"data":7}', '{"t":"end","re":1}');
    tell('{"t":"reply","re":1,"data":5}', '{"t":"reply","re":1,"data":6}');
    expect(await reply).toBe(5);
  });

  test("an item after the end is dropped", async () => {
    const all = calling();
    const { items, ended } = reading(all);
    await settled();
    all.tell('{"t":"next","re":1,"data":1}', '{"t":"end","re":1}', '{"t":"next","re":1,"data":2}');
    await ended;
    expect(items).toEqual([1]);
  });

  test("items beyond credit are too much: 4429", async () => {
    const { peer, tell } = calling();
    void peer.stream("count", 3).next();
    await settled();
    tell('{"t":"next","re":1,"data":1}');
    await settled();
    for (let n = 2; n <= 16; n += 1) tell(`{"t":"next","re":1,"data":${n}}`);
    const beyond = (): void => tell('{"t":"next","re":1,"data":17}');
    expect(beyond).toThrow(expect.objectContaining({ name: "ProtocolError", closeCode: 4429 }));
  });

  test("a call that is named twice is refused", () => {
    const { tell } = calling();
    const both = (): void => tell('{"t":"end","q":1,"re":1}');
    expect(both).toThrow("a call is named by q or by re, not by both");
  });
});
