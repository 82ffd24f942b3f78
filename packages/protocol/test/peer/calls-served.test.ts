import { describe, expect, test } from "vitest";
import { CloseError, RequestError } from "../../src/errors.ts";
import { Sent } from "../../src/async/sent.ts";
import { messages, startPeer } from "./calls-harness.ts";
import { ample, settled } from "../session/session-harness.ts";

const ask = (q = 1, room = "a"): string => `{"t":"request","q":${q},"name":"join","data":{"room":"${room}"}}`;
const count = (q = 1): string => `{"t":"stream","q":${q},"name":"count","data":3}`;
const cancel = '{"t":"cancel","q":1}';
const never = (): Promise<never> => new Promise(() => {});

/** A handler that waits until the test opens its gate, and the signals of its calls. */
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
  test("is answered with what the handler returns, at once or later", async () => {
    const { peer, receive, sent } = startPeer();
    peer.handle("join", ({ room }: { room: string }) => (room === "a" ? 1 : Promise.resolve(2)));
    receive(ask(1), ask(2, "b"));
    expect(await sent()).toEqual(['{"t":"reply","data":1,"re":1}', '{"t":"reply","data":2,"re":2}']);
  });

  test("passes the deadline of the caller to the handler", async () => {
    const { peer, receive, sent } = startPeer();
    peer.handle("join", (_: unknown, { deadline = 0 }: { deadline?: number }) => deadline);
    receive(ask().replace("}}", '},"deadline":50}'), ask(2));
    expect(await sent()).toEqual(['{"t":"reply","data":50,"re":1}', '{"t":"reply","data":0,"re":2}']);
  });

  test("is answered with the issues when its schema rejects the input", async () => {
    const { peer, receive, sent, handlerErrors } = startPeer();
    peer.handle("join", never);
    receive('{"t":"request","q":1,"name":"join","data":{}}');
    const [answer = ""] = await sent();
    expect(JSON.parse(answer)).toMatchObject({
      t: "error",
      re: 1,
      code: "INVALID",
      data: [{ path: ["room"] }],
    });
    expect(handlerErrors).toEqual([]);
  });

  test.each([
    ["a RequestError", new RequestError("NO", "no", [1]), '"code":"NO","message":"no","data":[1]}', 0],
    ["any other error", new Error("secret"), '"code":"INTERNAL","message":"the handler failed"}', 1],
    [
      "an error that cannot be written",
      new RequestError("NO", "no", 1n),
      '"code":"INTERNAL","message":"the handler failed"}',
      1,
    ],
  ])("is answered with an error when its handler throws %s", async (_what, error, fields, crashed) => {
    const { peer, receive, sent, handlerErrors } = startPeer();
    peer.handle("join", () => {
      throw error;
    });
    receive(ask());
    expect(await sent()).toEqual([`{"t":"error","re":1,${fields}`]);
    expect(handlerErrors).toHaveLength(crashed);
  });

  test("closes when its handler throws a CloseError", async () => {
    const { peer, receive, sent, closes } = startPeer();
    peer.handle("join", () => Promise.reject(new CloseError(4001)));
    receive(ask());
    expect([await sent(), closes]).toEqual([[], [new CloseError(4001)]]);
  });

  test("fails with INTERNAL when the reply cannot be written, and the next is answered", async () => {
    const { peer, receive, sent, handlerErrors } = startPeer();
    const circle: unknown[] = [];
    circle.push(circle);
    const replies: unknown[] = [circle, 1n, 3];
    peer.handle("join", () => replies.shift());
    receive(ask(1), ask(2), ask(3));
    const internal = (q: number) =>
      `{"t":"error","re":${q},"code":"INTERNAL","message":"the handler failed"}`;
    expect(await sent()).toEqual([internal(1), internal(2), '{"t":"reply","data":3,"re":3}']);
    expect(handlerErrors).toEqual([expect.any(TypeError), expect.any(TypeError)]);
  });

  test("aborts its handler when it is cancelled, sends neither reply nor error, and reports what the handler throws then", async () => {
    const { peer, receive, sent, handlerErrors } = startPeer();
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
    receive(ask(1), ask(2, "b"));
    await settled();
    receive(cancel, '{"t":"cancel","q":2}', cancel);
    expect([await sent(), aborted, handlerErrors]).toEqual([[], [1, 1], [new Error("aborted")]]);
  });

  test("never reaches its handler when it is cancelled before its turn", async () => {
    const { peer, receive, sent } = startPeer();
    const { wait, open } = gates();
    peer.handle("join", wait);
    receive(ask(), cancel);
    expect([await sent(), open]).toEqual([[], []]);
  });

  test("frees its number when it is over: a late result is not sent to the next call with that number", async () => {
    const { peer, receive, sent } = startPeer();
    const { wait, open } = gates();
    const failing = new Sent();
    peer.handle("join", (input: { room: string }, call: { signal: AbortSignal }) =>
      input.room === "late" ? failing : wait(input, call),
    );
    receive(ask(1, "late"), cancel, ask(1, "late"));
    await settled();
    receive(cancel, ask(1));
    await settled();
    failing.reject(new Error("late"));
    expect(await sent()).toEqual([]);
    open[0]?.();
    expect(await sent()).toEqual(['{"t":"reply","data":1,"re":1}']);
  });

  test("of a lost session is not answered in the next, where its number belongs to another call", async () => {
    const { peer, receive, sent, sender, wire } = startPeer();
    const { wait, open, signals } = gates();
    const failing = new Sent();
    peer.handle("join", (input: { room: string }, call: { signal: AbortSignal }) =>
      input.room === "late" ? failing : wait(input, call),
    );
    receive(ask(1, "late"), ask(2));
    await settled();
    sender.reset();
    peer.sessionLost();
    expect(signals[0]?.aborted).toBe(true);
    sender.attach(wire, ample);
    receive(ask(1));
    await settled();
    failing.reject(new Error("late"));
    open[0]?.();
    expect(await sent()).toEqual([]);
    open[1]?.();
    expect(await sent()).toEqual(['{"t":"reply","data":2,"re":1}']);
  });

  test("starts after the events before it, and does not hold back the events after it", async () => {
    const order: string[] = [];
    const handled = new Sent();
    const { peer, receive } = startPeer({}, (_, note) => {
      order.push(String(note));
      return note === "before" ? handled : undefined;
    });
    peer.handle("join", () => {
      order.push("join");
      return never();
    });
    const note = (data: string): string => `{"t":"event","name":"note","data":"${data}"}`;
    receive(note("before"), ask(), note("after"));
    await settled();
    expect(order).toEqual(["before"]);
    handled.resolve();
    await settled();
    expect(order).toEqual(["before", "join", "after"]);
  });

  test("16 are served at once; the 17th waits, and events do not", async () => {
    const { peer, receive, sent, notes } = startPeer();
    const { wait, open } = gates();
    peer.handle("join", wait);
    for (let q = 1; q <= 18; q += 1) receive(ask(q));
    receive('{"t":"event","name":"note","data":"after"}');
    await settled();
    expect([open.length, notes]).toEqual([16, ["after"]]);
    open[4]?.();
    expect(await sent()).toHaveLength(1);
    expect(open).toHaveLength(17);
  });

  test("can be cancelled while it waits, and starts no other call then", async () => {
    const { peer, receive } = startPeer();
    const { wait, open } = gates();
    peer.handle("join", wait);
    for (let q = 1; q <= 18; q += 1) receive(ask(q));
    await settled();
    receive('{"t":"cancel","q":17}');
    await settled();
    expect(open).toHaveLength(16);
    open[0]?.();
    await settled();
    expect(open).toHaveLength(17);
  });

  test("that is cancelled counts among the 16 until its handler has settled", async () => {
    const { peer, receive } = startPeer();
    const { wait, open } = gates();
    peer.handle("join", wait);
    for (let q = 1; q <= 100; q += 1) {
      receive(ask(q));
      await settled();
      receive(`{"t":"cancel","q":${q}}`);
    }
    expect(open).toHaveLength(16);
  });

  test("64 may be open; one more is refused with 4429", async () => {
    const { peer, receive, sent } = startPeer();
    const { wait, open } = gates();
    peer.handle("join", wait);
    for (let q = 1; q <= 64; q += 1) receive(ask(q));
    const more = (): void => receive(ask(65));
    expect(more).toThrow(expect.objectContaining({ name: "ProtocolError", closeCode: 4429 }));
    await settled();
    open[0]?.();
    await sent();
    expect(more).not.toThrow();
  });

  test("is refused when its number is in use", () => {
    const { receive } = startPeer();
    receive(ask());
    const again = (): void => receive(count(1));
    expect(again).toThrow(expect.objectContaining({ name: "ProtocolError", closeCode: 4400 }));
  });
});

describe("a name without a handler", () => {
  test.each([
    ["request", "note", "it is an event"],
    ["request", "count", "it is a stream"],
    ["stream", "join", "it is a request"],
    ["request", "join", "it has no handler"],
    ["request", "toString", "it is inherited"],
    ["stream", "__proto__", "it is inherited"],
    ["request", "then", "it is not declared"],
  ])("a %s %j is answered with NOT_FOUND: %s", async (t, name) => {
    const { peer, receive, sent } = startPeer();
    peer.handle("count", never);
    if (t === "stream") peer.handle("join", never);
    receive(`{"t":"${t}","q":1,"name":"${name}"}`);
    const message = JSON.stringify(`no handler for ${t} "${name}"`);
    expect(await sent()).toEqual([`{"t":"error","re":1,"code":"NOT_FOUND","message":${message}}`]);
  });

  test("an event with the name of a request is answered with NOT_FOUND", async () => {
    const { receive, sent } = startPeer();
    receive('{"t":"event","q":1,"name":"join"}');
    expect(await sent()).toEqual([
      '{"t":"error","re":1,"code":"NOT_FOUND","message":"no handler for event \\"join\\""}',
    ]);
  });

  test.each(["request", "stream"])("a %s in a contract of events is answered with NOT_FOUND", async (t) => {
    const { receive, sent } = startPeer({ receives: {}, sends: {} });
    receive(`{"t":"${t}","q":1,"name":"a"}`, '{"t":"next","q":1}', '{"t":"reply","re":1}');
    expect(await sent()).toEqual([
      `{"t":"error","re":1,"code":"NOT_FOUND","message":"no handler for ${t} \\"a\\""}`,
    ]);
  });

  test("a call of a contract of events throws TypeError", async () => {
    const { peer } = startPeer({ receives: {}, sends: {} });
    await expect(peer.request("join", { room: "a" })).rejects.toThrow(TypeError);
    expect(() => peer.stream("count", 1)).toThrow(TypeError);
  });

  test("names can be then, constructor or __proto__", async () => {
    const names = ["then", "constructor", "toString", "__proto__"];
    const both = Object.fromEntries(names.map((name) => [name, messages.join]));
    const { peer, receive, sent } = startPeer({ receives: both, sends: both });
    for (const [index, name] of names.entries()) {
      peer.handle(name, () => index);
      receive(ask(index + 1).replace("join", name));
    }
    expect(await sent()).toEqual(names.map((_, index) => `{"t":"reply","data":${index},"re":${index + 1}}`));
    void peer.request("__proto__" as "join", { room: "a" });
    expect(await sent()).toEqual([ask(1).replace("join", "__proto__")]);
  });
});

test("a name has one handler, which can be removed", async () => {
  const { peer, receive, sent } = startPeer();
  const undo = peer.handle("join", () => 1);
  expect(() => peer.handle("join", () => 2)).toThrow('"join" has a handler already');
  undo();
  peer.handle("join", () => 2);
  receive(ask());
  expect(await sent()).toEqual(['{"t":"reply","data":2,"re":1}']);
});
