import { describe, expect, test } from "vitest";
import { CloseError, OutcomeUnknown, ValidationError } from "../../src/errors.ts";
import { endlessItems, readCount, startPeer } from "./calls-harness.ts";
import { ample, settled } from "../session/session-harness.ts";

const counted = '{"t":"stream","q":1,"name":"count","data":3}';

describe("a stream that is called", () => {
  test("is sent when it is iterated, returns each item, then ends", async () => {
    const { peer, receive, sent } = startPeer();
    const stream = peer.stream("count", 3);
    expect(await sent()).toEqual([]);
    const first = stream.next();
    expect(await sent()).toEqual([counted]);
    receive('{"t":"next","re":1,"data":1}', '{"t":"next","re":1,"data":2}', '{"t":"end","re":1}');
    expect(await first).toEqual({ done: false, value: 1 });
    expect(await stream.next()).toEqual({ done: false, value: 2 });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(await sent()).toEqual([]);
  });

  test("informs the remote peer once when the loop is left", async () => {
    const { peer, receive, sent } = startPeer();
    const stream = peer.stream("count", 3);
    const first = stream.next();
    await settled();
    receive('{"t":"next","re":1,"data":1}');
    await first;
    await stream.return();
    receive('{"t":"next","re":1,"data":2}', '{"t":"end","re":1}');
    expect(await sent()).toEqual([counted, '{"t":"cancel","q":1}']);
  });

  test("that is aborted returns no more items, although more have arrived", async () => {
    const all = startPeer();
    const enough = new AbortController();
    const stream = all.peer.stream("count", 3, { signal: enough.signal });
    const first = stream.next();
    await settled();
    all.receive('{"t":"next","re":1,"data":1}', '{"t":"next","re":1,"data":2}');
    await first;
    enough.abort(new Error("enough"));
    await expect(stream.next()).rejects.toThrow("enough");
    expect(await all.sent()).toEqual([counted, '{"t":"cancel","q":1}']);
  });

  test("times out", async () => {
    const all = startPeer();
    const { ended } = readCount(all, { timeout: 50 });
    await settled();
    all.timers[0]?.expire();
    await expect(ended).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(await all.sent()).toEqual([`${counted.slice(0, -1)},"deadline":50}`, '{"t":"cancel","q":1}']);
  });

  test.each([
    ["the session is lost", "OUTCOME_UNKNOWN", (all: ReturnType<typeof startPeer>) => all.peer.sessionLost()],
    [
      "it is rejected",
      "NO",
      (all: ReturnType<typeof startPeer>) => all.receive('{"t":"error","re":1,"code":"NO","message":""}'),
    ],
  ])("returns the items before, then throws, when %s", async (_what, code, happens) => {
    const all = startPeer();
    const { items, ended } = readCount(all);
    await settled();
    all.receive('{"t":"next","re":1,"data":1}', '{"t":"next","re":1,"data":2}');
    happens(all);
    await expect(ended).rejects.toMatchObject({ code });
    expect(items).toEqual([1, 2]);
  });

  const lose = {
    "the session is lost": ({ peer }: ReturnType<typeof startPeer>) => peer.sessionLost(),
    "the server that served it no longer runs": ({ receive }: ReturnType<typeof startPeer>) =>
      receive('{"t":"error","re":1,"code":"INTERRUPTED","message":""}'),
  };

  test.each(Object.entries(lose))("is asked again, on demand, when %s", async (_what, happens) => {
    const all = startPeer();
    const { items, ended } = readCount(all, { onLost: "restart" });
    await settled();
    all.receive('{"t":"next","re":1,"data":1}', '{"t":"next","re":1,"data":2}');
    happens(all);
    expect(await all.sent()).toEqual([counted, counted.replace('"q":1', '"q":2')]);
    all.receive('{"t":"next","re":1,"data":9}', '{"t":"next","re":2,"data":1}', '{"t":"end","re":2}');
    await ended;
    expect(items).toEqual([1, 2, 1]);
    expect(await all.sent()).toEqual([]);
  });

  test("that is to be asked again is cancelled like any other", async () => {
    const all = startPeer();
    const enough = new AbortController();
    const { ended } = readCount(all, { onLost: "restart", signal: enough.signal });
    await settled();
    all.peer.sessionLost();
    expect(await all.sent()).toHaveLength(2);
    enough.abort(new Error("enough"));
    await expect(ended).rejects.toThrow("enough");
    all.peer.sessionLost();
    expect(await all.sent()).toEqual(['{"t":"cancel","q":2}']);
  });

  test("that is to be asked again ends with its signal, though the reason is that another call was lost", async () => {
    const all = startPeer();
    const enough = new AbortController();
    const { ended } = readCount(all, { onLost: "restart", signal: enough.signal });
    expect(await all.sent()).toEqual([counted]);
    const reason = new OutcomeUnknown(true);
    enough.abort(reason);
    await expect(ended).rejects.toBe(reason);
    expect(await all.sent()).toEqual(['{"t":"cancel","q":1}']);
  });

  test("that is to be asked again fails when it is rejected, and when the conversation has ended", async () => {
    const rejected = startPeer();
    const { ended } = readCount(rejected, { onLost: "restart" });
    await settled();
    rejected.receive('{"t":"error","re":1,"code":"NO","message":""}');
    await expect(ended).rejects.toMatchObject({ code: "NO" });
    const over = startPeer();
    const { ended: ended2 } = readCount(over, { onLost: "restart" });
    expect(await over.sent()).toEqual([counted]);
    over.sender.end(new CloseError(4000, "over"));
    over.peer.end();
    await expect(ended2).rejects.toMatchObject({ code: 4000 });
    expect(await over.sent()).toEqual([]);
  });

  test("with an upload is not asked again: its items are gone", async () => {
    const { peer, sent } = startPeer();
    const options = { upload: [1], onLost: "restart" };
    const first = peer.stream("sum", {}, options).next();
    expect(await sent()).toHaveLength(3);
    peer.sessionLost();
    await expect(first).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(await sent()).toEqual([]);
  });

  test("throws for an item that its schema rejects, and informs the remote peer", async () => {
    const all = startPeer();
    const { ended } = readCount(all);
    await settled();
    all.receive('{"t":"next","re":1,"data":"x"}');
    await expect(ended).rejects.toBeInstanceOf(ValidationError);
    expect(await all.sent()).toEqual([counted, '{"t":"cancel","q":1}']);
  });

  test("cannot be called by the name of another kind", () => {
    const { peer } = startPeer();
    expect(() => peer.stream("join" as "count", 3)).toThrow('the contract declares no stream "join"');
  });
});

describe("the upload to a stream", () => {
  const summed = '{"t":"stream","q":1,"name":"sum","data":{}}';
  const next = (n: number): string => `{"t":"next","data":${n},"q":1}`;

  test("follows the call, and ends", async () => {
    const { peer, sent } = startPeer();
    void peer.stream("sum", {}, { upload: [1, 2] }).next();
    expect(await sent()).toEqual([summed, next(1), next(2), '{"t":"end","q":1}']);
  });

  test("waits for credit", async () => {
    const { peer, receive, sent } = startPeer();
    const { values, log } = endlessItems();
    void peer.stream("sum", {}, { upload: values as AsyncIterable<number> }).next();
    expect(await sent()).toHaveLength(1 + 16);
    receive('{"t":"credit","re":1,"n":17,"b":300000}');
    expect(await sent()).toEqual([next(17)]);
    expect(log.asked).toBe(17);
  });

  test.each([
    ["reads no more", '{"t":"cancel","re":1}', ['{"t":"end","q":1}']],
    ["has ended the stream", '{"t":"end","re":1}', []],
    ["has rejected the call", '{"t":"error","re":1,"code":"NO","message":""}', []],
  ])("is returned when the remote peer %s", async (_what, frame, rest) => {
    const { peer, receive, sent } = startPeer();
    const { values, log } = endlessItems();
    const first = peer.stream("sum", {}, { upload: values as AsyncIterable<number> }).next();
    first.catch(() => {});
    await sent();
    receive(frame);
    expect(await sent()).toEqual(rest);
    expect(log.returned).toBe(1);
  });

  test.each(["left", "aborted", "lost"])("is returned when the stream is %s", async (how) => {
    const { peer, receive, sent } = startPeer();
    const { values, log } = endlessItems();
    const enough = new AbortController();
    const options = { upload: values as AsyncIterable<number>, signal: enough.signal };
    const stream = peer.stream("sum", {}, options);
    const first = stream.next();
    await sent();
    receive('{"t":"next","re":1,"data":1}');
    await first;
    if (how === "left") await stream.return();
    else if (how === "aborted") enough.abort();
    else peer.sessionLost();
    expect(await sent()).toEqual(how === "lost" ? [] : ['{"t":"cancel","q":1}']);
    expect(log.returned).toBe(1);
  });

  test("that throws ends the stream with its error, and informs the remote peer", async () => {
    const { peer, sent } = startPeer();
    const upload = (function* () {
      yield 1;
      throw new Error("no more");
    })();
    await expect(peer.stream("sum", {}, { upload }).next()).rejects.toThrow("no more");
    expect(await sent()).toEqual([summed, next(1), '{"t":"cancel","q":1}']);
  });

  test("that cannot be written ends the stream, and is returned", async () => {
    const { peer, sent } = startPeer();
    const { values, log } = endlessItems({ item: () => 1n });
    const stream = peer.stream("sum", {}, { upload: values as AsyncIterable<number> });
    await expect(stream.next()).rejects.toThrow(TypeError);
    expect(await sent()).toEqual([summed, '{"t":"cancel","q":1}']);
    expect(log.returned).toBe(1);
  });

  test("waits until the call is sent, and is not iterated when the call is withdrawn", async () => {
    const { peer, sender, wire, sent } = startPeer();
    sender.detach();
    const enough = new AbortController();
    const { values, log } = endlessItems();
    const options = { upload: values as AsyncIterable<number>, signal: enough.signal };
    const first = peer.stream("sum", {}, options).next();
    await settled();
    enough.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    sender.attach(wire, ample);
    expect([await sent(), log.asked]).toEqual([[], 0]);
  });
});
