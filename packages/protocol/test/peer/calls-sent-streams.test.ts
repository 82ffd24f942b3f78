import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/errors.ts";
import { calling, counting, reading } from "./calls-harness.ts";
import { ample, settled } from "../session/outlet.ts";

const counted = '{"t":"stream","q":1,"name":"count","data":3}';

describe("a stream that is asked", () => {
  test("is asked when it is iterated, gives each item, then ends", async () => {
    const { peer, tell, said } = calling();
    const stream = peer.stream("count", 3);
    expect(await said()).toEqual([]);
    const first = stream.next();
    expect(await said()).toEqual([counted]);
    tell('{"t":"next","re":1,"data":1}', '{"t":"next","re":1,"data":2}', '{"t":"end","re":1}');
    expect(await first).toEqual({ done: false, value: 1 });
    expect(await stream.next()).toEqual({ done: false, value: 2 });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(await said()).toEqual([]);
  });

  test("that is left tells the other half, once", async () => {
    const { peer, tell, said } = calling();
    const stream = peer.stream("count", 3);
    const first = stream.next();
    await settled();
    tell('{"t":"next","re":1,"data":1}');
    await first;
    await stream.return();
    tell('{"t":"next","re":1,"data":2}', '{"t":"end","re":1}');
    expect(await said()).toEqual([counted, '{"t":"cancel","q":1}']);
  });

  test("that is aborted gives nothing more, though there was more to read", async () => {
    const all = calling();
    const enough = new AbortController();
    const stream = all.peer.stream("count", 3, { signal: enough.signal });
    const first = stream.next();
    await settled();
    all.tell('{"t":"next","re":1,"data":1}', '{"t":"next","re":1,"data":2}');
    await first;
    enough.abort(new Error("enough"));
    await expect(stream.next()).rejects.toThrow("enough");
    expect(await all.said()).toEqual([counted, '{"t":"cancel","q":1}']);
  });

  test("times out", async () => {
    const all = calling();
    const { ended } = reading(all, { timeout: 50 });
    await settled();
    all.alarms[0]?.ring();
    await expect(ended).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(await all.said()).toEqual([`${counted.slice(0, -1)},"deadline":50}`, '{"t":"cancel","q":1}']);
  });

  test.each([
    ["the session is lost", "OUTCOME_UNKNOWN", (all: ReturnType<typeof calling>) => all.peer.sessionLost()],
    [
      "it is refused",
      "NO",
      (all: ReturnType<typeof calling>) => all.tell('{"t":"error","re":1,"code":"NO","message":""}'),
    ],
  ])("gives what came before, then throws, when %s", async (_what, code, happens) => {
    const all = calling();
    const { items, ended } = reading(all);
    await settled();
    all.tell('{"t":"next","re":1,"data":1}', '{"t":"next","re":1,"data":2}');
    happens(all);
    await expect(ended).rejects.toMatchObject({ code });
    expect(items).toEqual([1, 2]);
  });

  test("throws for an item that its schema refuses, and tells the other half", async () => {
    const all = calling();
    const { ended } = reading(all);
    await settled();
    all.tell('{"t":"next","re":1,"data":"x"}');
    await expect(ended).rejects.toBeInstanceOf(ValidationError);
    expect(await all.said()).toEqual([counted, '{"t":"cancel","q":1}']);
  });

  test("cannot be asked by the name of another kind", () => {
    const { peer } = calling();
    expect(() => peer.stream("join" as "count", 3)).toThrow('"join" is no stream of the contract');
  });
});

describe("what is sent along to a stream", () => {
  const summed = '{"t":"stream","q":1,"name":"sum","data":{}}';
  const next = (n: number): string => `{"t":"next","data":${n},"q":1}`;

  test("follows the question, and ends", async () => {
    const { peer, said } = calling();
    void peer.stream("sum", {}, { upload: [1, 2] }).next();
    expect(await said()).toEqual([summed, next(1), next(2), '{"t":"end","q":1}']);
  });

  test("is paced by credit", async () => {
    const { peer, tell, said } = calling();
    const { values, log } = counting();
    void peer.stream("sum", {}, { upload: values as AsyncIterable<number> }).next();
    expect(await said()).toHaveLength(1 + 16);
    tell('{"t":"credit","re":1,"n":17,"b":300000}');
    expect(await said()).toEqual([next(17)]);
    expect(log.asked).toBe(17);
  });

  test.each([
    ["says that it reads no more", '{"t":"cancel","re":1}', ['{"t":"end","q":1}']],
    ["has ended the stream", '{"t":"end","re":1}', []],
    ["has refused", '{"t":"error","re":1,"code":"NO","message":""}', []],
  ])("is returned when the other half %s", async (_what, frame, rest) => {
    const { peer, tell, said } = calling();
    const { values, log } = counting();
    const first = peer.stream("sum", {}, { upload: values as AsyncIterable<number> }).next();
    first.catch(() => {});
    await said();
    tell(frame);
    expect(await said()).toEqual(rest);
    expect(log.returned).toBe(1);
  });

  test.each(["left", "aborted", "lost"])("is returned when the stream is %s", async (how) => {
    const { peer, tell, said } = calling();
    const { values, log } = counting();
    const enough = new AbortController();
    const options = { upload: values as AsyncIterable<number>, signal: enough.signal };
    const stream = peer.stream("sum", {}, options);
    const first = stream.next();
    await said();
    tell('{"t":"next","re":1,"data":1}');
    await first;
    if (how === "left") await stream.return();
    else if (how === "aborted") enough.abort();
    else peer.sessionLost();
    expect(await said()).toEqual(how === "lost" ? [] : ['{"t":"cancel","q":1}']);
    expect(log.returned).toBe(1);
  });

  test("that throws ends the stream with what it threw, and tells the other half", async () => {
    const { peer, said } = calling();
    const upload = (function* () {
      yield 1;
      throw new Error("no more");
    })();
    await expect(peer.stream("sum", {}, { upload }).next()).rejects.toThrow("no more");
    expect(await said()).toEqual([summed, next(1), '{"t":"cancel","q":1}']);
  });

  test("that cannot be written ends the stream, and is returned", async () => {
    const { peer, said } = calling();
    const { values, log } = counting({ item: () => 1n });
    const stream = peer.stream("sum", {}, { upload: values as AsyncIterable<number> });
    await expect(stream.next()).rejects.toThrow(TypeError);
    expect(await said()).toEqual([summed, '{"t":"cancel","q":1}']);
    expect(log.returned).toBe(1);
  });

  test("waits while the question does, and is not asked for when that is withdrawn", async () => {
    const { peer, session, wire, said } = calling();
    session.detach();
    const enough = new AbortController();
    const { values, log } = counting();
    const options = { upload: values as AsyncIterable<number>, signal: enough.signal };
    const first = peer.stream("sum", {}, options).next();
    await settled();
    enough.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    session.attach(wire, ample);
    expect([await said(), log.asked]).toEqual([[], 0]);
  });
});
