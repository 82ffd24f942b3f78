import { describe, expect, test } from "vitest";
import { CloseError, RequestError } from "../../src/errors.ts";
import { Sent } from "../../src/async/sent.ts";
import { calling, messages } from "./calls-harness.ts";
import { ample, settled } from "../session/outlet.ts";

const ask = (q = 1, room = "a"): string => `{"t":"request","q":${q},"name":"join","data":{"room":"${room}"}}`;
const count = (q = 1): string => `{"t":"stream","q":${q},"name":"count","data":3}`;
const cancel = '{"t":"cancel","q":1}';
const never = (): Promise<never> => new Promise(() => {});

/** Settles when it is told to, and knows who waits. */
function gates() {
  const open: (() => void)[] = [];
  const signals: AbortSignal[] = [];
  const wait = (_: unknown, { signal }: { signal: AbortSignal }) => {
    signals.push(signal);
    return new Promise<number>((resolve) => open.push(() => resolve(open.length)));
  };
  return { open, signals, wait };
}

describe("a request that is served", () => {
  test("is answered with what the handler gives, sooner or later", async () => {
    const { peer, tell, said } = calling();
    peer.handle("join", ({ room }: { room: string }) => (room === "a" ? 1 : Promise.resolve(2)));
    tell(ask(1), ask(2, "b"));
    expect(await said()).toEqual(['{"t":"reply","data":1,"re":1}', '{"t":"reply","data":2,"re":2}']);
  });

  test("is told the deadline of the one who asks", async () => {
    const { peer, tell, said } = calling();
    peer.handle("join", (_: unknown, { deadline = 0 }: { deadline?: number }) => deadline);
    tell(ask().replace("}}", '},"deadline":50}'), ask(2));
    expect(await said()).toEqual(['{"t":"reply","data":50,"re":1}', '{"t":"reply","data":0,"re":2}']);
  });

  test("whose input is not what its schema says is answered with the issues", async () => {
    const { peer, tell, said, crashes } = calling();
    peer.handle("join", never);
    tell('{"t":"request","q":1,"name":"join","data":{}}');
    const [answer = ""] = await said();
    expect(JSON.parse(answer)).toMatchObject({
      t: "error",
      re: 1,
      code: "INVALID",
      data: [{ path: ["room"] }],
    });
    expect(crashes).toEqual([]);
  });

  test.each([
    ["a RequestError", new RequestError("NO", "no", [1]), '"code":"NO","message":"no","data":[1]}', 0],
    ["anything", new Error("secret"), '"code":"INTERNAL","message":"the handler failed"}', 1],
    [
      "what cannot be written",
      new RequestError("NO", "no", 1n),
      '"code":"INTERNAL","message":"the handler failed"}',
      1,
    ],
  ])("whose handler throws %s is answered with an error", async (_what, error, fields, crashed) => {
    const { peer, tell, said, crashes } = calling();
    peer.handle("join", () => {
      throw error;
    });
    tell(ask());
    expect(await said()).toEqual([`{"t":"error","re":1,${fields}`]);
    expect(crashes).toHaveLength(crashed);
  });

  test("whose handler throws a CloseError closes", async () => {
    const { peer, tell, said, closes } = calling();
    peer.handle("join", () => Promise.reject(new CloseError(4001)));
    tell(ask());
    expect([await said(), closes]).toEqual([[], [new CloseError(4001)]]);
  });

  test("whose reply cannot be written is INTERNAL, and the next is answered", async () => {
    const { peer, tell, said, crashes } = calling();
    const circle: unknown[] = [];
    circle.push(circle);
    const replies: unknown[] = [circle, 1n, 3];
    peer.handle("join", () => replies.shift());
    tell(ask(1), ask(2), ask(3));
    const internal = (q: number) =>
      `{"t":"error","re":${q},"code":"INTERNAL","message":"the handler failed"}`;
    expect(await said()).toEqual([internal(1), internal(2), '{"t":"reply","data":3,"re":3}']);
    expect(crashes).toEqual([expect.any(TypeError), expect.any(TypeError)]);
  });

  test("that is given up aborts its handler, whose reply or failure goes nowhere", async () => {
    const { peer, tell, said, crashes } = calling();
    const aborted: number[] = [];
    peer.handle("join", ({ room }: { room: string }, { signal }: { signal: AbortSignal }) => {
      return new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborted.push(1);
          if (room === "a") resolve(1);
          else reject(new Error("aborted"));
        });
      });
    });
    tell(ask(1), ask(2, "b"));
    await settled();
    tell(cancel, '{"t":"cancel","q":2}', cancel);
    expect([await said(), aborted, crashes]).toEqual([[], [1, 1], []]);
  });

  test("that is given up before its turn never reaches its handler", async () => {
    const { peer, tell, said } = calling();
    const { wait, open } = gates();
    peer.handle("join", wait);
    tell(ask(), cancel);
    expect([await said(), open]).toEqual([[], []]);
  });

  test("gives its number back when it is over: what comes late of it is not of the next", async () => {
    const { peer, tell, said } = calling();
    const { wait, open } = gates();
    const failing = new Sent();
    peer.handle("join", (input: { room: string }, call: { signal: AbortSignal }) =>
      input.room === "late" ? failing : wait(input, call),
    );
    tell(ask(1, "late"), cancel, ask(1, "late"));
    await settled();
    tell(cancel, ask(1));
    await settled();
    failing.reject(new Error("late"));
    expect(await said()).toEqual([]);
    open[0]?.();
    expect(await said()).toEqual(['{"t":"reply","data":1,"re":1}']);
  });

  test("of a lost session is not answered in the next, where its number is another's", async () => {
    const { peer, tell, said, session, wire } = calling();
    const { wait, open, signals } = gates();
    const failing = new Sent();
    peer.handle("join", (input: { room: string }, call: { signal: AbortSignal }) =>
      input.room === "late" ? failing : wait(input, call),
    );
    tell(ask(1, "late"), ask(2));
    await settled();
    session.reset();
    peer.sessionLost();
    expect(signals[0]?.aborted).toBe(true);
    session.attach(wire, ample);
    tell(ask(1));
    await settled();
    failing.reject(new Error("late"));
    open[0]?.();
    expect(await said()).toEqual([]);
    open[1]?.();
    expect(await said()).toEqual(['{"t":"reply","data":2,"re":1}']);
  });

  test("starts after the events before it, and does not hold back those after it", async () => {
    const order: string[] = [];
    const handled = new Sent();
    const { peer, tell } = calling({}, (_, note) => {
      order.push(String(note));
      return note === "before" ? handled : undefined;
    });
    peer.handle("join", () => {
      order.push("join");
      return never();
    });
    const note = (data: string): string => `{"t":"event","name":"note","data":"${data}"}`;
    tell(note("before"), ask(), note("after"));
    await settled();
    expect(order).toEqual(["before"]);
    handled.resolve();
    await settled();
    expect(order).toEqual(["before", "join", "after"]);
  });

  test("16 are served at once; the 17th waits, and events do not", async () => {
    const { peer, tell, said, notes } = calling();
    const { wait, open } = gates();
    peer.handle("join", wait);
    for (let q = 1; q <= 18; q += 1) tell(ask(q));
    tell('{"t":"event","name":"note","data":"after"}');
    await settled();
    expect([open.length, notes]).toEqual([16, ["after"]]);
    open[4]?.();
    expect(await said()).toHaveLength(1);
    expect(open).toHaveLength(17);
  });

  test("one that waits can be given up, and frees no place that it had not", async () => {
    const { peer, tell } = calling();
    const { wait, open } = gates();
    peer.handle("join", wait);
    for (let q = 1; q <= 18; q += 1) tell(ask(q));
    await settled();
    tell('{"t":"cancel","q":17}');
    await settled();
    expect(open).toHaveLength(16);
    open[0]?.();
    await settled();
    expect(open).toHaveLength(17);
  });

  test("a handler that is given up keeps its place until it is done: asking and leaving costs no more", async () => {
    const { peer, tell } = calling();
    const { wait, open } = gates();
    peer.handle("join", wait);
    for (let q = 1; q <= 100; q += 1) {
      tell(ask(q));
      await settled();
      tell(`{"t":"cancel","q":${q}}`);
    }
    expect(open).toHaveLength(16);
  });

  test("64 may be open; one more is too much", async () => {
    const { peer, tell, said } = calling();
    const { wait, open } = gates();
    peer.handle("join", wait);
    for (let q = 1; q <= 64; q += 1) tell(ask(q));
    const more = (): void => tell(ask(65));
    expect(more).toThrow(expect.objectContaining({ name: "ProtocolError", closeCode: 4429 }));
    await settled();
    open[0]?.();
    await said();
    expect(more).not.toThrow();
  });

  test("a number that is in use is refused", () => {
    const { tell } = calling();
    tell(ask());
    const again = (): void => tell(count(1));
    expect(again).toThrow(expect.objectContaining({ name: "ProtocolError", closeCode: 4400 }));
  });
});

describe("a name that nobody handles", () => {
  test.each([
    ["request", "note", "it is an event"],
    ["request", "count", "it is a stream"],
    ["stream", "join", "it is a request"],
    ["request", "join", "it has no handler"],
    ["request", "toString", "it is inherited"],
    ["stream", "__proto__", "it is inherited"],
    ["request", "then", "nobody declared it"],
  ])("a %s %j is answered: %s", async (t, name) => {
    const { peer, tell, said } = calling();
    peer.handle("count", never);
    if (t === "stream") peer.handle("join", never);
    tell(`{"t":"${t}","q":1,"name":"${name}"}`);
    const message = JSON.stringify(`there is no ${t} "${name}"`);
    expect(await said()).toEqual([`{"t":"error","re":1,"code":"NOT_FOUND","message":${message}}`]);
  });

  test("an event by the name of a request is answered as well", async () => {
    const { tell, said } = calling();
    tell('{"t":"event","q":1,"name":"join"}');
    expect(await said()).toEqual([
      '{"t":"error","re":1,"code":"NOT_FOUND","message":"there is no event \\"join\\""}',
    ]);
  });

  test.each(["request", "stream"])("a %s where there are only events is answered as well", async (t) => {
    const { tell, said } = calling({ receives: {}, sends: {} });
    tell(`{"t":"${t}","q":1,"name":"a"}`, '{"t":"next","q":1}', '{"t":"reply","re":1}');
    expect(await said()).toEqual([
      `{"t":"error","re":1,"code":"NOT_FOUND","message":"there is no ${t} \\"a\\""}`,
    ]);
  });

  test("where there are only events, to ask is an error", async () => {
    const { peer } = calling({ receives: {}, sends: {} });
    await expect(peer.request("join", { room: "a" })).rejects.toThrow(TypeError);
    expect(() => peer.stream("count", 1)).toThrow(TypeError);
  });

  test("names can be then, constructor or __proto__", async () => {
    const names = ["then", "constructor", "toString", "__proto__"];
    const hears = Object.fromEntries(names.map((name) => [name, messages.join]));
    const { peer, tell, said } = calling({ receives: hears, sends: hears });
    for (const [index, name] of names.entries()) {
      peer.handle(name, () => index);
      tell(ask(index + 1).replace("join", name));
    }
    expect(await said()).toEqual(names.map((_, index) => `{"t":"reply","data":${index},"re":${index + 1}}`));
    void peer.request("__proto__" as "join", { room: "a" });
    expect(await said()).toEqual([ask(1).replace("join", "__proto__")]);
  });
});

test("nobody handles a name twice, and a handler can be taken back", async () => {
  const { peer, tell, said } = calling();
  const undo = peer.handle("join", () => 1);
  expect(() => peer.handle("join", () => 2)).toThrow('"join" is handled already');
  undo();
  peer.handle("join", () => 2);
  tell(ask());
  expect(await said()).toEqual(['{"t":"reply","data":2,"re":1}']);
});
