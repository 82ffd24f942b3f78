import { describe, expect, test } from "vitest";
import type { Message } from "../../src/wire/wire.ts";
import { type FrameCodec, jsonFrames } from "../../src/frames/frame.ts";
import { msgpack } from "../../src/frames/msgpack.ts";
import { message, outcome, speaking, stamped } from "./outlet.ts";

/** So much room of the other half. */
const room = (w: number, wb = 2 ** 20) => ({ position: { w, wb } });

describe("events wait for room at the other half", () => {
  test("as many go as it granted, and the next when one is finished, in order", () => {
    const { session, outlet } = speaking(room(2));
    for (const n of [1, 2, 3, 4, 5]) session.send(message(n));
    expect(outlet.said()).toEqual([stamped(1, 1), stamped(2, 2)]);
    session.acknowledge(2, [1]);
    expect(outlet.said()).toEqual([stamped(3, 3)]);
    session.acknowledge(3);
    expect(outlet.said()).toEqual([stamped(4, 4), stamped(5, 5)]);
  });

  test("as much goes as it granted, and one message may overshoot", () => {
    const { session, outlet } = speaking(room(8, 300));
    const sizes = [100, 1_000, 1];
    for (const [n, size] of sizes.entries()) session.send(message(n, size));
    expect(outlet.said().map((one) => one.length)).toEqual([106, 1_006]);
    session.acknowledge(1);
    expect(outlet.said()).toEqual([]);
    session.acknowledge(2);
    expect(outlet.said()).toEqual([stamped(3, 2)]);
  });

  test("answers overtake them, and nothing else does", () => {
    const { session, outlet } = speaking(room(1));
    session.send(message("event"));
    session.send(message("blocked"));
    session.send(message("call"), { lane: "call" });
    session.send(message("answer"), { lane: "answer" });
    session.send(message("late"));
    expect(outlet.said()).toEqual([stamped(1, "event"), stamped(2, "answer")]);
    session.acknowledge(2);
    expect(outlet.said()).toEqual([stamped(3, "blocked"), stamped(4, "call")]);
    session.acknowledge(3);
    expect(outlet.said()).toEqual([stamped(5, "late")]);
  });

  test("questions and answers take no room", () => {
    const { session, outlet } = speaking(room(1));
    for (const n of [1, 2, 3]) session.send(message(n), { lane: "call" });
    session.send(message("event"));
    expect(outlet.said()).toHaveLength(4);
    session.acknowledge(3);
    session.send(message("next"));
    expect(outlet.said()).toEqual([]);
  });

  test("room is counted on over the wires", () => {
    const { session, again } = speaking(room(2));
    for (const n of [1, 2, 3]) session.send(message(n));
    const next = again();
    expect(next.said()).toEqual([stamped(1, 1), stamped(2, 2)]);
    session.acknowledge(1);
    expect(next.said()).toEqual([stamped(3, 3)]);
    expect(again({ rx: 3 }).said()).toEqual([]);
  });

  test("what waits behind others asks nothing of the wire", () => {
    const { session, outlet } = speaking({ messages: 1e6, ...room(1) });
    for (let n = 1; n <= 500; n += 1) session.send(message(n));
    expect(outlet.asked).toBeLessThan(10);
  });

  test.each([jsonFrames, msgpack])("what goes as JSON is counted as that: $protocol", (codec) => {
    const written = msgpack.write({ t: "event", name: "a", data: new Uint8Array(100) });
    const { session, live, outlet } = speaking({ away: true, ...room(8, 500) });
    for (const _ of [1, 2]) session.send(written);
    expect(session.bufferedAmount).toBe(2 * (written.length + 64));
    session.codec = codec;
    live();
    expect(outlet.said()).toHaveLength(codec === msgpack ? 2 : 1);
    session.acknowledge(1);
    expect(outlet.said()).toHaveLength(codec === msgpack ? 0 : 1);
    session.acknowledge(2);
    expect(session.bufferedAmount).toBe(0);
  });
});

describe("a volatile event", () => {
  const volatile = { lane: "volatile" } as const;
  const dropped = expect.objectContaining({ code: "DROPPED" });

  test("goes at once without a number, and is settled then", async () => {
    const { session, outlet, again } = speaking();
    expect(await outcome(session.send(message("now"), volatile))).toBe("settled");
    expect(outlet.said()).toEqual(['{"t":"now"}']);
    expect([session.undelivered, session.bufferedAmount, session.sentRange.last]).toEqual([0, 0, 0]);
    expect(again().said()).toEqual([]);
  });

  test.each<[string, (all: ReturnType<typeof speaking>) => unknown]>([
    ["there is no wire", ({ session }) => session.detach()],
    ["the wire is full", ({ outlet }) => outlet.fills()],
    ["another event waits", ({ session }) => [1, 2, 3].map((n) => session.send(message(n)))],
    ["another would have to wait for room", ({ session }) => [1, 2].map((n) => session.send(message(n)))],
    ["another would have to wait for its size", ({ session }) => session.send(message(1, 2_000))],
  ])("is dropped when %s", async (_what, happens) => {
    const all = speaking(room(2, 1_000));
    happens(all);
    const before = [all.session.undelivered, all.session.bufferedAmount, all.outlet.said().length];
    expect(await outcome(all.session.send(message("now"), volatile))).toEqual(dropped);
    expect([all.session.undelivered, all.session.bufferedAmount]).toEqual(before.slice(0, 2));
    expect(all.outlet.said()).toEqual([]);
  });
});

describe("when too much is kept", () => {
  const full = expect.objectContaining({ name: "RequestError", code: "OUTBOX_FULL" });
  const few = { away: true, messages: 2 };

  test("what is left alone fails, what came before it is kept, and who is told knows why", async () => {
    const { session, live, outlet } = speaking(few);
    const told: unknown[] = [];
    const unheard = (error: unknown): void => void told.push(error);
    const sent = [1, 2, 3].map((n) => session.send(message(n), { onUnhandled: unheard }));
    expect(await Promise.all(sent.map(outcome))).toEqual([undefined, undefined, undefined]);
    const last = session.send(message(4), { onUnhandled: unheard });
    await Promise.resolve()
      .then(() => {})
      .then(() => {})
      .then(() => {});
    expect([session.isUnsent(last), told]).toEqual([false, [full]]);
    expect(await outcome(last)).toEqual(full);
    live();
    expect(outlet.said()).toHaveLength(3);
  });

  test.each<[string, (send: () => PromiseLike<void>) => Promise<unknown>]>([
    ["await", async (send) => await send()],
    ["return", async (send) => send()],
    ["return within return", async (send) => (async () => send())()],
    ["Promise.all", (send) => Promise.all([send(), send()])],
    ["Promise.race", (send) => Promise.race([send(), new Promise(() => {})])],
    ["then", (send) => Promise.resolve(send().then(() => {}))],
    [
      "a for loop",
      async (send) => {
        for (let n = 0; n < 3; n += 1) await send();
      },
    ],
  ])("what is awaited waits: %s", async (_what, awaits) => {
    const { session, live } = speaking(few);
    for (const n of [1, 2]) session.send(message(n));
    const told: unknown[] = [];
    const send = () => session.send(message("more"), { onUnhandled: (error) => told.push(error) });
    const done = awaits(send).then(() => "settled");
    await new Promise(setImmediate);
    live();
    const acks = setInterval(() => session.acknowledge(session.sentRange.last));
    expect(await done).toBe("settled");
    clearInterval(acks);
    expect([told, session.undelivered]).toEqual([[], 0]);
  });

  test("by its size as well", async () => {
    const { session, live } = speaking({ away: true, bytes: 500 });
    const kept = session.send(message(1, 400));
    expect(session.bufferedAmount).toBe(464);
    const over = session.send(message(2));
    await new Promise(setImmediate);
    expect([session.isUnsent(kept), session.isUnsent(over), session.bufferedAmount]).toEqual([
      true,
      false,
      464,
    ]);
    live();
    session.acknowledge(1);
    expect(session.bufferedAmount).toBe(0);
  });

  test("what is not finished counts, and what can go at once is not too much", async () => {
    const { session } = speaking({ messages: 2, ...room(3) });
    const sent = [1, 2, 3].map((n) => session.send(message(n)));
    await new Promise(setImmediate);
    expect(await Promise.all(sent.map(outcome))).toEqual([undefined, undefined, undefined]);
    const over = session.send(message(4));
    await new Promise(setImmediate);
    expect(await outcome(over)).toEqual(full);
  });

  test("answers are kept all the same", async () => {
    const { session, live, outlet } = speaking({ ...few, full: "reject" });
    for (const n of [1, 2, 3, 4]) session.send(message(n), { lane: "answer" });
    await new Promise(setImmediate);
    live();
    expect(outlet.said()).toHaveLength(4);
  });

  test("it is rejected, awaited or not, where that is asked for", async () => {
    const { session } = speaking({ ...few, full: "reject" });
    const told: unknown[] = [];
    const send = (n: number) => session.send(message(n), { onUnhandled: () => told.push(n) });
    const outcomes = Promise.allSettled([1, 2, 3].map(send));
    send(4);
    await new Promise(setImmediate);
    expect(told).toEqual([4]); // the third was awaited
    expect(session.undelivered).toBe(2);
    session.end("over");
    expect(await outcomes).toEqual([
      { status: "rejected", reason: "over" },
      { status: "rejected", reason: "over" },
      { status: "rejected", reason: full },
    ]);
  });

  test("a thousand messages and 4 Mi characters are kept unless told otherwise", async () => {
    const { session } = speaking({ away: true });
    for (let n = 1; n <= 1_001; n += 1) session.send("");
    await new Promise(setImmediate);
    expect(session.undelivered).toBe(1_000);
    const { session: other } = speaking({ away: true });
    for (let n = 1; n <= 5; n += 1) other.send("x".repeat(2 ** 20 - 64));
    await new Promise(setImmediate);
    expect(other.bufferedAmount).toBe(2 ** 22);
  });
});

describe("what is taken back", () => {
  test("is never sent, and is of no account", () => {
    const { session, live, outlet } = speaking({ away: true });
    const sent = session.send(message("a"), { lane: "call" });
    session.send(message("b"));
    const kept = session.bufferedAmount;
    expect([session.isUnsent(sent), session.withdraw(sent), session.withdraw(sent)]).toEqual([
      true,
      true,
      false,
    ]);
    expect([session.isUnsent(sent), session.bufferedAmount]).toEqual([false, kept / 2]);
    live();
    expect(outlet.said()).toEqual([stamped(1, "b")]);
    session.acknowledge(1);
    expect([session.undelivered, session.bufferedAmount]).toEqual([0, 0]);
  });

  test("has not been sent: then it is too late", () => {
    const { session } = speaking();
    const sent = session.send(message("a"), { lane: "call" });
    expect([session.isUnsent(sent), session.withdraw(sent)]).toEqual([false, false]);
    expect(session.bufferedAmount).toBe(message("a").length + 64);
  });
});

test("a message is stamped by the codec of the wire it goes on", () => {
  const stamps: unknown[] = [];
  const codec: FrameCodec = {
    ...jsonFrames,
    stamp(written: Message, stamp) {
      stamps.push([written, stamp]);
      return written;
    },
  };
  const { session, again } = speaking();
  session.send("a");
  session.codec = codec;
  again();
  session.send("b");
  expect(stamps).toEqual([
    ["a", { s: 1, a: undefined }],
    ["b", { s: 2, a: undefined }],
  ]);
});
