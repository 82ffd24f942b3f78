import { describe, expect, test } from "vitest";
import { message, outcome, settled, stamped, startSession } from "./session-harness.ts";

/** The lowest sequence that is held, and the last that was given. */
const range = ({ sender }: Pick<ReturnType<typeof startSession>, "sender">) => ({
  first: sender.firstHeld,
  last: sender.lastSequence,
});

describe("a message that is sent", () => {
  test("gets a sequence when it is first sent, from 1 on and in order", () => {
    const { sender, sink, attach } = startSession({ detached: true });
    sender.send(message("a"));
    const withdrawn = sender.send(message("b"), { lane: "call" });
    expect(range({ sender })).toEqual({ first: 1, last: 0 });
    sender.withdraw(withdrawn);
    attach();
    sender.send(message("c"), { lane: "answer" });
    expect(sink.sent()).toEqual([stamped(1, "a"), stamped(2, "c")]);
    expect(range({ sender })).toEqual({ first: 1, last: 2 });
  });

  test("waits while there is no wire, in order with those that follow", () => {
    const { sender, sink, attach } = startSession({ detached: true });
    sender.send(message(1));
    sender.send(message(2), { lane: "call" });
    sender.send(message(3));
    attach();
    sender.send(message(4));
    expect(sink.sent()).toEqual([1, 2, 3, 4].map((n) => stamped(n, n)));
  });

  test("settles when the remote peer has finished it; an answer or a call when it has been sent", async () => {
    const { sender, acknowledge } = startSession();
    const [event, call, answer] = [
      sender.send(message("a")),
      sender.send(message("b"), { lane: "call" }),
      sender.send(message("c"), { lane: "answer" }),
    ];
    expect(await Promise.all([event, call, answer].map(outcome))).toEqual([undefined, "settled", "settled"]);
    acknowledge(1);
    expect(await outcome(event)).toBe("settled");
  });

  test("settles alone: an acknowledgement has exceptions, and any frame may carry one", async () => {
    const { sender, acknowledge, receive } = startSession();
    const sent = Array.from({ length: 5 }, (_, n) => sender.send(message(n)));
    acknowledge(4, [2, 3]);
    expect(await Promise.all(sent.map(outcome))).toEqual([
      "settled",
      undefined,
      undefined,
      "settled",
      undefined,
    ]);
    expect(range({ sender })).toEqual({ first: 2, last: 5 });
    acknowledge(4, [3]);
    acknowledge(2);
    receive({ s: 1, a: 5 });
    expect(await Promise.all(sent.map(outcome))).toEqual(Array(5).fill("settled"));
    expect(sender.undelivered).toBe(0);
  });

  test.each([1, 7])("cannot be acknowledged before it is sent: sequence %i", (a) => {
    const { sender, reattach, acknowledge, receive } = startSession();
    expect(() => acknowledge(a)).toThrow("acknowledged an unsent message");
    expect(() => receive({ a })).toThrow(expect.objectContaining({ closeCode: 4400 }));
    sender.detach();
    sender.send(message("a"));
    expect(() => acknowledge(1)).toThrow("acknowledged an unsent message");
    reattach();
    expect(() => acknowledge(1)).not.toThrow();
  });
});

describe("on the next wire", () => {
  test("a message that the remote peer does not have is sent again with its sequence, before any other", () => {
    const { sender, sink, reattach, acknowledge } = startSession();
    for (const n of [1, 2, 3]) sender.send(message(n));
    acknowledge(1);
    sender.detach();
    sender.send(message("kept"));
    expect(sink.sent()).toEqual([1, 2, 3].map((n) => stamped(n, n)));
    expect(reattach({ upTo: 2 }).sent()).toEqual([stamped(3, 3), stamped(4, "kept")]);
  });

  test("a message that the remote peer has lost is sent again", () => {
    const { sender, reattach, acknowledge } = startSession();
    for (const n of [1, 2, 3, 4]) sender.send(message(n));
    acknowledge(1);
    expect(reattach({ upTo: 3, pending: [1, 3] }).sent()).toEqual([stamped(3, 3), stamped(4, 4)]);
  });

  test("a message that the remote peer has not finished is neither sent again nor settled", async () => {
    const { sender, reattach, acknowledge } = startSession();
    const sent = sender.send(message(1));
    expect(reattach({ upTo: 1 }).sent()).toEqual([]);
    expect(await outcome(sent)).toBeUndefined();
    acknowledge(1);
    expect(await outcome(sent)).toBe("settled");
  });

  test("a message that is acknowledged before its turn is not sent again", async () => {
    const { sender, attach, reattach, acknowledge } = startSession();
    for (const n of [1, 2, 3]) sender.send(message(n));
    const next = reattach();
    next.sent();
    sender.detach();
    next.fill();
    attach({}, next);
    acknowledge(2);
    await next.drain();
    expect(next.sent()).toEqual([stamped(3, 3)]);
  });

  test("an acknowledgement is sent first, if anything has arrived", async () => {
    const { sender, reattach, receive, hold } = startSession();
    expect(reattach().sent()).toEqual([]);
    receive({ s: 1 });
    receive({ s: 2 });
    const done = hold(2);
    sender.detach();
    const next = reattach();
    expect(next.sent()).toEqual(['{"t":"ack","a":2,"but":[2]}']);
    done();
    await settled();
    expect(next.sent()).toEqual(['{"t":"ack","a":2}']);
  });
});

describe("a full wire", () => {
  test("makes all messages wait in order, answers too", async () => {
    const { sender, sink } = startSession();
    sink.fill();
    sender.send(message("event"));
    sender.send(message("answer"), { lane: "answer" });
    expect(sink.sent()).toEqual([]);
    await sink.drain();
    expect(sink.sent()).toEqual([stamped(1, "event"), stamped(2, "answer")]);
  });

  test("makes no message wait once another wire is attached, and has no effect when it drains later", async () => {
    const { sender, sink, reattach } = startSession();
    sink.fill();
    sender.send(message(1));
    const next = reattach();
    expect(next.sent()).toEqual([stamped(1, 1)]);
    next.fill();
    sender.send(message(2));
    await sink.drain();
    expect([sink.sent(), next.sent()]).toEqual([[], []]);
    await next.drain();
    expect(next.sent()).toEqual([stamped(2, 2)]);
  });

  // S33
  test("gets the rest of the resent messages when it has drained, and then new messages", async () => {
    const { sender, attach } = startSession();
    for (const n of [1, 2]) sender.send(message(n));
    sender.detach();
    const { sink: next } = startSession();
    next.fill();
    attach({}, next);
    sender.send(message(3));
    expect(next.sent()).toEqual([]);
    await next.drain();
    expect(next.sent()).toEqual([1, 2, 3].map((n) => stamped(n, n)));
  });
});
