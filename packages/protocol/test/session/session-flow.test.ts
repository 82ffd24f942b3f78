import { describe, expect, test } from "vitest";
import type { Message } from "../../src/wire/wire.ts";
import { type FrameCodec, jsonFrames } from "../../src/frames/frame-codec.ts";
import { msgpack } from "../../src/frames/msgpack.ts";
import { message, outcome, stamped, startSession } from "./session-harness.ts";

/** A remote peer that grants so much. */
const credit = (messages: number, bytes = 2 ** 20) => ({ remote: { credit: { messages, bytes } } });

describe("events wait for credit", () => {
  test("as many are sent as were granted, and the next when one is finished, in order", () => {
    const { sender, sink, acknowledge } = startSession(credit(2));
    for (const n of [1, 2, 3, 4, 5]) sender.send(message(n));
    expect(sink.sent()).toEqual([stamped(1, 1), stamped(2, 2)]);
    acknowledge(2, [1]);
    expect(sink.sent()).toEqual([stamped(3, 3)]);
    acknowledge(3);
    expect(sink.sent()).toEqual([stamped(4, 4), stamped(5, 5)]);
  });

  test("as many bytes are sent as were granted, which the last message may exceed", () => {
    const { sender, sink, acknowledge } = startSession(credit(8, 300));
    const sizes = [100, 1_000, 1];
    for (const [n, size] of sizes.entries()) sender.send(message(n, size));
    expect(sink.sent().map((one) => one.length)).toEqual([106, 1_006]);
    acknowledge(1);
    expect(sink.sent()).toEqual([]);
    acknowledge(2);
    expect(sink.sent()).toEqual([stamped(3, 2)]);
  });

  test("answers overtake them, and no other message does", () => {
    const { sender, sink, acknowledge } = startSession(credit(1));
    sender.send(message("event"));
    sender.send(message("blocked"));
    sender.send(message("call"), { lane: "call" });
    sender.send(message("answer"), { lane: "answer" });
    sender.send(message("late"));
    expect(sink.sent()).toEqual([stamped(1, "event"), stamped(2, "answer")]);
    acknowledge(2);
    expect(sink.sent()).toEqual([stamped(3, "blocked"), stamped(4, "call")]);
    acknowledge(3);
    expect(sink.sent()).toEqual([stamped(5, "late")]);
  });

  test("calls and answers need no credit", () => {
    const { sender, sink, acknowledge } = startSession(credit(1));
    for (const n of [1, 2, 3]) sender.send(message(n), { lane: "call" });
    sender.send(message("event"));
    expect(sink.sent()).toHaveLength(4);
    acknowledge(3);
    sender.send(message("next"));
    expect(sink.sent()).toEqual([]);
  });

  // S33
  test("credit is counted on over the wires", () => {
    const { sender, reattach, acknowledge } = startSession(credit(2));
    for (const n of [1, 2, 3]) sender.send(message(n));
    const next = reattach();
    expect(next.sent()).toEqual([stamped(1, 1), stamped(2, 2)]);
    acknowledge(1);
    expect(next.sent()).toEqual([stamped(3, 3)]);
    expect(reattach({ upTo: 3 }).sent()).toEqual([]);
  });

  test("messages that wait behind others do not ask whether the wire has drained", () => {
    const { sender, sink } = startSession({ messages: 1e6, ...credit(1) });
    for (let n = 1; n <= 500; n += 1) sender.send(message(n));
    expect(sink.drainedCalls).toBeLessThan(10);
  });

  test.each([jsonFrames, msgpack])(
    "a message that is sent as JSON is counted as JSON: $protocol",
    (codec) => {
      const written = msgpack.write({ t: "event", name: "a", data: new Uint8Array(100) });
      const { sender, sink, attach, acknowledge } = startSession({ detached: true, ...credit(8, 500) });
      for (const _ of [1, 2]) sender.send(written);
      expect(sender.bufferedAmount).toBe(2 * (written.length + 64));
      sender.codec = codec;
      attach();
      expect(sink.sent()).toHaveLength(codec === msgpack ? 2 : 1);
      acknowledge(1);
      expect(sink.sent()).toHaveLength(codec === msgpack ? 0 : 1);
      acknowledge(2);
      expect(sender.bufferedAmount).toBe(0);
    },
  );
});

describe("a volatile event", () => {
  const volatile = { lane: "volatile" } as const;
  const dropped = expect.objectContaining({ code: "DROPPED" });

  test("is sent at once without a sequence, and settles then", async () => {
    const { sender, sink, reattach } = startSession();
    expect(await outcome(sender.send(message("now"), volatile))).toBe("settled");
    expect(sink.sent()).toEqual(['{"t":"now"}']);
    expect([sender.undelivered, sender.bufferedAmount, sender.lastSequence]).toEqual([0, 0, 0]);
    expect(reattach().sent()).toEqual([]);
  });

  test.each<[string, (all: ReturnType<typeof startSession>) => unknown]>([
    ["there is no wire", ({ sender }) => sender.detach()],
    ["the wire is full", ({ sink }) => sink.fill()],
    ["another event waits", ({ sender }) => [1, 2, 3].map((n) => sender.send(message(n)))],
    [
      "another would have to wait for credit by number",
      ({ sender }) => [1, 2].map((n) => sender.send(message(n))),
    ],
    ["another would have to wait for credit by bytes", ({ sender }) => sender.send(message(1, 2_000))],
  ])("is dropped when %s", async (_what, happens) => {
    const all = startSession(credit(2, 1_000));
    happens(all);
    const before = [all.sender.undelivered, all.sender.bufferedAmount, all.sink.sent().length];
    expect(await outcome(all.sender.send(message("now"), volatile))).toEqual(dropped);
    expect([all.sender.undelivered, all.sender.bufferedAmount]).toEqual(before.slice(0, 2));
    expect(all.sink.sent()).toEqual([]);
  });
});

describe("when a message exceeds what is kept", () => {
  const full = expect.objectContaining({ name: "RequestError", code: "OUTBOX_FULL" });
  const few = { detached: true, messages: 2 };

  test("it fails if it is left alone, and the messages before it are kept", async () => {
    const { sender, sink, attach } = startSession(few);
    const errors: unknown[] = [];
    const onUnhandled = (error: unknown): void => void errors.push(error);
    const sent = [1, 2, 3].map((n) => sender.send(message(n), { onUnhandled }));
    expect(await Promise.all(sent.map(outcome))).toEqual([undefined, undefined, undefined]);
    const last = sender.send(message(4), { onUnhandled });
    await Promise.resolve()
      .then(() => {})
      .then(() => {})
      .then(() => {});
    expect([sender.unsent, last.state, errors]).toEqual([3, "rejected", [full]]);
    expect(await outcome(last)).toEqual(full);
    attach();
    expect(sink.sent()).toHaveLength(3);
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
  ])("it waits if it is awaited: %s", async (_what, awaits) => {
    const { sender, attach, acknowledge } = startSession(few);
    for (const n of [1, 2]) sender.send(message(n));
    const errors: unknown[] = [];
    const send = () => sender.send(message("more"), { onUnhandled: (error) => errors.push(error) });
    const done = awaits(send).then(() => "settled");
    await new Promise(setImmediate);
    attach();
    const acks = setInterval(() => acknowledge(sender.lastSequence));
    expect(await done).toBe("settled");
    clearInterval(acks);
    expect([errors, sender.undelivered]).toEqual([[], 0]);
  });

  test("by its bytes as well", async () => {
    const { sender, attach, acknowledge } = startSession({ detached: true, bytes: 500 });
    const kept = sender.send(message(1, 400));
    expect(sender.bufferedAmount).toBe(464);
    const over = sender.send(message(2));
    await new Promise(setImmediate);
    expect([kept.state, over.state, sender.unsent, sender.bufferedAmount]).toEqual([
      "pending",
      "rejected",
      1,
      464,
    ]);
    attach();
    acknowledge(1);
    expect(sender.bufferedAmount).toBe(0);
  });

  test("by its bytes it is dropped at once, awaited or not", async () => {
    const { sender } = startSession({ detached: true, bytes: 500 });
    void sender.send(message(1, 400));
    const over = sender.send(message(2));
    const outcomeOfOver = outcome(over);
    expect([sender.unsent, sender.bufferedAmount]).toEqual([1, 464]);
    expect(await outcomeOfOver).toEqual(full);
  });

  test("with the option reject it is dropped at once", () => {
    const { sender } = startSession({ ...few, full: "reject" });
    for (const n of [1, 2, 3]) sender.send(message(n));
    expect(sender.unsent).toBe(2);
  });

  test("unfinished messages count, and a message that can be sent at once does not exceed it", async () => {
    const { sender } = startSession({ messages: 2, ...credit(3) });
    const sent = [1, 2, 3].map((n) => sender.send(message(n)));
    await new Promise(setImmediate);
    expect(await Promise.all(sent.map(outcome))).toEqual([undefined, undefined, undefined]);
    const over = sender.send(message(4));
    await new Promise(setImmediate);
    expect(await outcome(over)).toEqual(full);
  });

  test("answers are kept nevertheless", async () => {
    const { sender, sink, attach } = startSession({ ...few, full: "reject" });
    for (const n of [1, 2, 3, 4]) sender.send(message(n), { lane: "answer" });
    await new Promise(setImmediate);
    attach();
    expect(sink.sent()).toHaveLength(4);
  });

  test("it is rejected, awaited or not, with the option reject", async () => {
    const { sender } = startSession({ ...few, full: "reject" });
    const failed: unknown[] = [];
    const send = (n: number) => sender.send(message(n), { onUnhandled: () => failed.push(n) });
    const outcomes = Promise.allSettled([1, 2, 3].map(send));
    send(4);
    await new Promise(setImmediate);
    expect(failed).toEqual([4]); // the third was awaited
    expect(sender.undelivered).toBe(2);
    sender.end("over");
    expect(await outcomes).toEqual([
      { status: "rejected", reason: "over" },
      { status: "rejected", reason: "over" },
      { status: "rejected", reason: full },
    ]);
  });

  test("1,000 messages and 4 MiB are kept by default", async () => {
    const { sender } = startSession({ detached: true });
    for (let n = 1; n <= 1_001; n += 1) sender.send("");
    await new Promise(setImmediate);
    expect(sender.undelivered).toBe(1_000);
    const { sender: other } = startSession({ detached: true });
    for (let n = 1; n <= 5; n += 1) other.send("x".repeat(2 ** 20 - 64));
    await new Promise(setImmediate);
    expect(other.bufferedAmount).toBe(2 ** 22);
  });
});

describe("a message that is withdrawn", () => {
  test("is never sent, and no longer counts", () => {
    const { sender, sink, attach, acknowledge } = startSession({ detached: true });
    const sent = sender.send(message("a"), { lane: "call" });
    sender.send(message("b"));
    const kept = sender.bufferedAmount;
    expect(sender.unsent).toBe(2);
    expect([sender.withdraw(sent), sender.withdraw(sent)]).toEqual([true, false]);
    expect([sender.unsent, sender.bufferedAmount]).toEqual([1, kept / 2]);
    attach();
    expect(sink.sent()).toEqual([stamped(1, "b")]);
    acknowledge(1);
    expect([sender.undelivered, sender.bufferedAmount]).toEqual([0, 0]);
  });

  test("must not have been sent yet", () => {
    const { sender } = startSession();
    const sent = sender.send(message("a"), { lane: "call" });
    expect([sender.unsent, sender.withdraw(sent)]).toEqual([0, false]);
    expect(sender.bufferedAmount).toBe(message("a").length + 64);
  });
});

test("a message is stamped by the codec of the wire on which it is sent", () => {
  const stamps: unknown[] = [];
  const codec: FrameCodec = {
    ...jsonFrames,
    stamp(written: Message, stamp) {
      stamps.push([written, stamp]);
      return written;
    },
  };
  const { sender, reattach } = startSession();
  sender.send("a");
  sender.codec = codec;
  reattach();
  sender.send("b");
  expect(stamps).toEqual([
    ["a", { s: 1, a: undefined }],
    ["b", { s: 2, a: undefined }],
  ]);
});
