import { describe, expect, test } from "vitest";
import { z } from "zod";
import { calling, counting } from "./calls-harness.ts";
import { settled } from "../session/outlet.ts";

const count = '{"t":"stream","q":1,"name":"count","data":3}';
const sum = '{"t":"stream","q":1,"name":"sum","data":{}}';
const cancel = '{"t":"cancel","q":1}';
const end = '{"t":"end","re":1}';
const next = (n: number): string => `{"t":"next","data":${n},"re":1}`;
const fed = (n: number): string => `{"t":"next","q":1,"data":${n}}`;
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
  ])("gives every item of %s, then ends", async (_what, handler) => {
    const { peer, tell, said } = calling();
    peer.handle("count", handler);
    tell(count);
    expect(await said()).toEqual([next(3), next(4), end]);
  });

  test("sends 16 items to a reader who takes none, and goes on with credit", async () => {
    const { peer, tell, said } = calling();
    const { values, log } = counting();
    peer.handle("count", () => values);
    tell(count);
    expect(await said()).toHaveLength(16);
    tell('{"t":"credit","q":1,"n":3,"b":1}', '{"t":"credit","q":1,"n":18,"b":1}');
    expect(await said()).toEqual([next(17), next(18)]);
    expect(log.asked).toBe(18);
  });

  test.each(["given up", "lost"])("is returned when it is %s, wherever it is", async (how) => {
    const { peer, tell, said } = calling();
    const { values, log } = counting();
    peer.handle("count", () => values);
    tell(count);
    await said();
    if (how === "lost") peer.sessionLost();
    else tell(cancel, '{"t":"credit","q":1,"n":99,"b":99}');
    expect([await said(), log]).toEqual([[], { asked: 16, returned: 1 }]);
  });

  test("that is given up while its handler waits: the signal wakes it", async () => {
    const { peer, tell, said } = calling();
    const log: string[] = [];
    peer.handle("count", async function* (_: unknown, { signal }: { signal: AbortSignal }) {
      try {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        yield 1;
      } finally {
        log.push("ended");
      }
    });
    tell(count);
    await settled();
    tell(cancel);
    expect([await said(), log]).toEqual([[], ["ended"]]);
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
    ["what is no iterable", () => "abc", [internal]],
    ["nothing", () => undefined, [internal]],
    ["an item that cannot be written", () => [3, 4n], [next(3), internal]],
  ])("of %s ends with an error, and nothing of it crosses", async (_what, handler, frames) => {
    const { peer, tell, said, crashes } = calling();
    peer.handle("count", handler);
    tell(count);
    expect(await said()).toEqual(frames);
    expect(crashes).toHaveLength(1);
  });

  test("a generator that never ends keeps its place until it does, though it was given up", async () => {
    const { peer, tell } = calling();
    let started = 0;
    peer.handle("count", async function* () {
      started += 1;
      yield await new Promise(() => {});
    });
    for (let q = 1; q <= 20; q += 1) {
      tell(count.replace("1", String(q)));
      await settled();
      tell(cancel.replace("1", String(q)));
    }
    expect(started).toBe(16);
  });

  test("what is sent along to one that takes none is dropped", async () => {
    const { peer, tell, said } = calling();
    peer.handle("count", async function* () {});
    tell(count, fed(1), '{"t":"end","q":1}', '{"t":"reply","re":1}');
    expect(await said()).toEqual([end]);
  });
});

describe("a stream that is fed", () => {
  const adding = async function* (_: unknown, { upload }: { upload: AsyncIterable<number> }) {
    let all = 0;
    for await (const n of upload) yield (all += n);
  };

  test("hears what came before its handler started, and what comes then, to the end", async () => {
    const { peer, tell, said } = calling();
    peer.handle("sum", adding);
    tell(sum, fed(1));
    expect(await said()).toEqual([next(1)]);
    tell(fed(2), '{"t":"end","q":1}', fed(3));
    expect(await said()).toEqual([next(3), end]);
  });

  test("checks each item; one that is refused ends the stream with the issues", async () => {
    const { peer, tell, said } = calling();
    peer.handle("sum", adding);
    tell(sum, fed(1), '{"t":"next","q":1,"data":"x"}');
    const frames = await said();
    expect(frames[0]).toBe(next(1));
    expect(JSON.parse(frames.at(-1) ?? "")).toMatchObject({ t: "error", re: 1, code: "INVALID" });
  });

  test("grants credit as it reads", async () => {
    const { peer, tell, said } = calling();
    peer.handle("sum", async function* (_: unknown, { upload }: { upload: AsyncIterable<number> }) {
      for await (const n of upload) if (n > 1) yield n;
    });
    tell(sum, ...Array.from({ length: 8 }, () => fed(1)));
    expect(await said()).toEqual([`{"t":"credit","n":24,"b":${2 ** 18 + 8 * fed(1).length},"re":1}`]);
  });

  test("whose handler reads nothing takes 16 items and no more", async () => {
    const { peer, tell, said } = calling();
    peer.handle("sum", () => new Promise(() => {}));
    tell(sum, ...Array.from({ length: 16 }, () => fed(1)));
    await settled();
    const beyond = (): void => tell(fed(17));
    expect(beyond).toThrow(expect.objectContaining({ closeCode: 4429 }));
    expect(await said()).toEqual([]);
  });

  test("whose handler leaves off reading says so, and drops what still comes", async () => {
    const { peer, tell, said } = calling();
    peer.handle("sum", async function* (_: unknown, { upload }: { upload: AsyncIterable<number> }) {
      for await (const n of upload) {
        yield n;
        break;
      }
      yield 0;
    });
    tell(sum, fed(1), fed(2));
    expect(await said()).toEqual([next(1), '{"t":"cancel","re":1}', next(0), end]);
    tell(fed(3), '{"t":"end","q":1}');
    expect(await said()).toEqual([]);
  });

  test("that is given up: reading throws CANCELLED", async () => {
    const { peer, tell } = calling();
    const thrown: unknown[] = [];
    peer.handle("sum", async function* (_: unknown, { upload }: { upload: AsyncIterable<number> }) {
      try {
        for await (const n of upload) yield n;
      } catch (error) {
        thrown.push(error);
      }
    });
    tell(sum, fed(1));
    await settled();
    tell(cancel);
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
])("credit that is %s is no frame", (_what, fields) => {
  const { tell } = calling();
  const told = (): void => tell(`{"t":"credit","q":1,${fields}}`);
  expect(told).toThrow(expect.objectContaining({ name: "ProtocolError", closeCode: 4400 }));
});

test("a key may be __proto__: it reaches the schema, and no prototype", async () => {
  const { peer, tell, said } = calling({}, (_, input) => input);
  peer.handle("join", (input: object) => Object.keys(input).length);
  tell('{"t":"request","q":1,"name":"join","data":{"room":"a","__proto__":{"polluted":1}}}');
  expect(await said()).toEqual(['{"t":"reply","data":1,"re":1}']);
  expect(z.object({}).safeParse({}).data).not.toHaveProperty("polluted");
});
