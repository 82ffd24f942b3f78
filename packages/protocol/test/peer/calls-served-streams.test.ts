import { describe, expect, test } from "vitest";
import { z } from "zod";
import { endlessItems, startPeer } from "./calls-harness.ts";
import { settled } from "../session/session-harness.ts";

const count = '{"t":"stream","q":1,"name":"count","data":3}';
const sum = '{"t":"stream","q":1,"name":"sum","data":{}}';
const cancel = '{"t":"cancel","q":1}';
const end = '{"t":"end","re":1}';
const next = (n: number): string => `{"t":"next","data":${n},"re":1}`;
const uploaded = (n: number): string => `{"t":"next","q":1,"data":${n}}`;
const internal = '{"t":"error","re":1,"code":"INTERNAL","message":"the handler failed"}';

describe("a stream that is served", () => {
  test.each([
    ["a generator", (n: number) => [n, n + 1].values()],
    ["an array", (n: number) => [n, n + 1]],
    ["a promise of one", async (n: number) => [n, n + 1]],
    [
      "an asynchronous generator",
      async function* (n: number) {
        yield n;
        yield n + 1;
      },
    ],
  ])("sends every item of %s, then ends", async (_what, handler) => {
    const { peer, receive, sent } = startPeer();
    peer.handle("count", handler);
    receive(count);
    expect(await sent()).toEqual([next(3), next(4), end]);
  });

  test("sends 16 items to a reader that reads none, and continues when it grants credit", async () => {
    const { peer, receive, sent } = startPeer();
    const { values, log } = endlessItems();
    peer.handle("count", () => values);
    receive(count);
    expect(await sent()).toHaveLength(16);
    receive('{"t":"credit","q":1,"n":3,"b":1}', '{"t":"credit","q":1,"n":18,"b":1}');
    expect(await sent()).toEqual([next(17), next(18)]);
    expect(log.asked).toBe(18);
  });

  test.each(["cancelled", "lost"])("returns its iterator when it is %s", async (how) => {
    const { peer, receive, sent } = startPeer();
    const { values, log } = endlessItems();
    peer.handle("count", () => values);
    receive(count);
    await sent();
    if (how === "lost") peer.sessionLost();
    else receive(cancel, '{"t":"credit","q":1,"n":99,"b":99}');
    expect([await sent(), log]).toEqual([[], { asked: 16, returned: 1 }]);
  });

  test("aborts the signal of its handler when it is cancelled", async () => {
    const { peer, receive, sent } = startPeer();
    const log: string[] = [];
    peer.handle("count", async function* (_: unknown, { signal }: { signal: AbortSignal }) {
      try {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        yield 1;
      } finally {
        log.push("ended");
      }
    });
    receive(count);
    await settled();
    receive(cancel);
    expect([await sent(), log]).toEqual([[], ["ended"]]);
  });

  test.each([
    [
      "a generator that throws",
      function* () {
        yield 3;
        throw new Error("secret");
      },
      [next(3), internal],
    ],
    ["a handler that throws", () => Promise.reject(new Error("secret")), [internal]],
    ["a value that is not iterable", () => "abc", [internal]],
    ["nothing", () => undefined, [internal]],
    ["an item that cannot be written", () => [3, 4n], [next(3), internal]],
  ])("of %s ends with an error, of which the caller gets nothing else", async (_what, handler, frames) => {
    const { peer, receive, sent, handlerErrors } = startPeer();
    peer.handle("count", handler);
    receive(count);
    expect(await sent()).toEqual(frames);
    expect(handlerErrors).toHaveLength(1);
  });

  // reports.md, fault 3
  test("reports what its generator throws after it was cancelled: at the value that was awaited, and in finally", async () => {
    const { peer, receive, sent, handlerErrors } = startPeer();
    peer.handle("count", async function* (n: number, { signal }: { signal: AbortSignal }) {
      yield n;
      try {
        await new Promise((resolve, reject) =>
          signal.addEventListener("abort", () => (n === 3 ? resolve(n) : reject(new Error("awaited")))),
        );
        yield n;
      } finally {
        // oxlint-disable-next-line no-unsafe-finally -- this is what is tested
        if (n === 3) throw new Error("in finally");
      }
    });
    receive(count, count.replace('"q":1', '"q":2').replace("3", "4"));
    await sent();
    receive('{"t":"cancel","q":1}', '{"t":"cancel","q":2}');
    expect(await sent()).toEqual([]);
    expect(handlerErrors).toEqual(expect.arrayContaining([new Error("in finally"), new Error("awaited")]));
    expect(handlerErrors).toHaveLength(2);
  });

  test("that is cancelled counts among the 16 until its generator has ended", async () => {
    const { peer, receive } = startPeer();
    let started = 0;
    peer.handle("count", async function* () {
      started += 1;
      yield await new Promise(() => {});
    });
    for (let q = 1; q <= 20; q += 1) {
      receive(count.replace("1", String(q)));
      await settled();
      receive(cancel.replace("1", String(q)));
    }
    expect(started).toBe(16);
  });

  test("without an upload drops the items that its caller sends", async () => {
    const { peer, receive, sent } = startPeer();
    peer.handle("count", async function* () {});
    receive(count, uploaded(1), '{"t":"end","q":1}', '{"t":"reply","re":1}');
    expect(await sent()).toEqual([end]);
  });
});

describe("a stream that takes an upload", () => {
  const adding = async function* (_: unknown, { upload }: { upload: AsyncIterable<number> }) {
    let all = 0;
    for await (const n of upload) yield (all += n);
  };

  test("reads the items that arrived before its handler started, and those that arrive later", async () => {
    const { peer, receive, sent } = startPeer();
    peer.handle("sum", adding);
    receive(sum, uploaded(1));
    expect(await sent()).toEqual([next(1)]);
    receive(uploaded(2), '{"t":"end","q":1}', uploaded(3));
    expect(await sent()).toEqual([next(3), end]);
  });

  test("validates each item; one that is rejected ends the stream with the issues", async () => {
    const { peer, receive, sent } = startPeer();
    peer.handle("sum", adding);
    receive(sum, uploaded(1), '{"t":"next","q":1,"data":"x"}');
    const frames = await sent();
    expect(frames[0]).toBe(next(1));
    expect(JSON.parse(frames.at(-1) ?? "")).toMatchObject({ t: "error", re: 1, code: "INVALID" });
  });

  test("grants credit as it reads", async () => {
    const { peer, receive, sent } = startPeer();
    peer.handle("sum", async function* (_: unknown, { upload }: { upload: AsyncIterable<number> }) {
      for await (const n of upload) if (n > 1) yield n;
    });
    receive(sum, ...Array.from({ length: 8 }, () => uploaded(1)));
    expect(await sent()).toEqual([`{"t":"credit","n":24,"b":${2 ** 18 + 8 * uploaded(1).length},"re":1}`]);
  });

  test("takes 16 items while its handler reads none", async () => {
    const { peer, receive, sent } = startPeer();
    peer.handle("sum", () => new Promise(() => {}));
    receive(sum, ...Array.from({ length: 16 }, () => uploaded(1)));
    await settled();
    const beyond = (): void => receive(uploaded(17));
    expect(beyond).toThrow(expect.objectContaining({ closeCode: 4429 }));
    expect(await sent()).toEqual([]);
  });

  test("informs the caller when its handler reads no more, and drops the items that still arrive", async () => {
    const { peer, receive, sent } = startPeer();
    peer.handle("sum", async function* (_: unknown, { upload }: { upload: AsyncIterable<number> }) {
      for await (const n of upload) {
        yield n;
        break;
      }
      yield 0;
    });
    receive(sum, uploaded(1), uploaded(2));
    expect(await sent()).toEqual([next(1), '{"t":"cancel","re":1}', next(0), end]);
    receive(uploaded(3), '{"t":"end","q":1}');
    expect(await sent()).toEqual([]);
  });

  test("throws CANCELLED to its reader when it is cancelled", async () => {
    const { peer, receive } = startPeer();
    const thrown: unknown[] = [];
    peer.handle("sum", async function* (_: unknown, { upload }: { upload: AsyncIterable<number> }) {
      try {
        for await (const n of upload) yield n;
      } catch (error) {
        thrown.push(error);
      }
    });
    receive(sum, uploaded(1));
    await settled();
    receive(cancel);
    await settled();
    expect(thrown).toMatchObject([{ name: "RequestError", code: "CANCELLED" }]);
  });
});

test.each([
  ["0", '"n":0,"b":1'],
  ["negative", '"n":-1,"b":1'],
  ["a fraction", '"n":1.5,"b":1'],
  ["beyond safe integers", '"n":9007199254740992,"b":1'],
  ["no size", '"n":1'],
  ["text", '"n":"1","b":1'],
])("a credit of %s is not a frame", (_what, fields) => {
  const { receive } = startPeer();
  const invalid = (): void => receive(`{"t":"credit","q":1,${fields}}`);
  expect(invalid).toThrow(expect.objectContaining({ name: "ProtocolError", closeCode: 4400 }));
});

test("a key __proto__ reaches the schema, and changes no prototype", async () => {
  const { peer, receive, sent } = startPeer({}, (_, input) => input);
  peer.handle("join", (input: object) => Object.keys(input).length);
  receive('{"t":"request","q":1,"name":"join","data":{"room":"a","__proto__":{"polluted":1}}}');
  expect(await sent()).toEqual(['{"t":"reply","data":1,"re":1}']);
  expect(z.object({}).safeParse({}).data).not.toHaveProperty("polluted");
});
