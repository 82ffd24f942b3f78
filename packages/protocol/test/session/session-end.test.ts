import { describe, expect, test } from "vitest";
import { CloseError } from "../../src/errors.ts";
import { message, outcome, settled, stamped, startSession } from "./session-harness.ts";

const unknown = (sentBefore: boolean) => expect.objectContaining({ code: "OUTCOME_UNKNOWN", sentBefore });

/** A detached session: its first message was sent, the second also finished, and the rest was never sent. */
function interruptedSession() {
  const all = startSession({ remote: { credit: { messages: 2, bytes: 2 ** 20 } } });
  const { sender, sink, acknowledge } = all;
  const sent = [sender.send(message(1)), sender.send(message(2)), sender.send(message(3))];
  acknowledge(2, [1]);
  sender.detach();
  const answer = sender.send(message("answer"), { lane: "answer" });
  const kept = sender.send(message(4));
  sink.sent();
  return { ...all, sent: [...sent, answer, kept] };
}

describe("when the remote peer has lost the session", () => {
  test("messages that were sent are unknown, answers fail, and other messages go to the new session", async () => {
    const { sender, receiver, sink, attach, acknowledge, sent } = interruptedSession();
    sender.reset();
    expect(await Promise.all(sent.map(outcome))).toEqual([
      unknown(true),
      "settled",
      unknown(true),
      unknown(false),
      undefined,
    ]);
    expect([sender.firstHeld, sender.lastSequence, receiver.received]).toEqual([
      1,
      0,
      { upTo: 0, pending: [] },
    ]);
    expect([sender.undelivered, sender.bufferedAmount]).toEqual([1, message(4).length + 64]);
    attach();
    expect(sink.sent()).toEqual([stamped(1, 4)]);
    acknowledge(1);
    expect([await outcome(sent[4] as PromiseLike<void>), sender.bufferedAmount]).toEqual(["settled", 0]);
  });

  test("a call that was never sent goes to the new session", () => {
    const { sender, sink, attach } = startSession({ detached: true });
    sender.send(message("ask"), { lane: "call" });
    sender.reset();
    attach();
    expect(sink.sent()).toEqual([stamped(1, "ask")]);
  });

  test("a message of the lost session that is finished changes nothing", async () => {
    const { sender, receiver, sink, attach, receive, hold } = startSession({
      window: { messages: 64, bytes: 100 },
    });
    receive({ s: 1 });
    receive({ s: 2 });
    const done = [hold(1, 60), hold(2, 60)];
    sender.reset();
    attach();
    receive({ s: 1 });
    const own = hold(1, 60);
    for (const one of done) one();
    await settled();
    expect(receiver.received).toEqual({ upTo: 1, pending: [1] });
    hold(2, 60);
    expect(() => hold(3, 1)).toThrow("credit exceeded");
    own();
    await settled();
    expect(sink.sent()).toEqual(['{"t":"ack","a":1,"but":[2]}']);
  });

  test("the credit of both peers is whole again", () => {
    const { sender, sink, attach } = startSession({ remote: { credit: { messages: 2, bytes: 2 ** 20 } } });
    for (const n of [1, 2]) sender.send(message(n));
    sender.reset();
    attach();
    sink.sent();
    for (const n of [3, 4, 5]) sender.send(message(n));
    expect(sink.sent()).toEqual([stamped(1, 3), stamped(2, 4)]);
  });

  test("a message that is sent when another has failed goes to the new session, after those that waited", async () => {
    const { sender, sink, attach, acknowledge } = startSession();
    const onUnhandled = (): void => void sender.send(message("again"));
    sender.send(message(1), { onUnhandled });
    sender.send(message(2), { onUnhandled });
    sender.detach();
    sender.send(message(3));
    sender.reset();
    attach();
    expect(sink.sent().slice(2)).toEqual([stamped(1, 3), stamped(2, "again"), stamped(3, "again")]);
    acknowledge(3);
    expect([sender.undelivered, sender.bufferedAmount]).toEqual([0, 0]);
  });

  test("a session that is ended when a message has failed fails every message once", async () => {
    const { sender } = startSession();
    const errors: unknown[] = [];
    const onUnhandled = (error: unknown): void => {
      errors.push(error);
      sender.end(new CloseError(1000));
    };
    const sent = [sender.send(message(1), { onUnhandled }), sender.send(message(2), { onUnhandled })];
    sender.detach();
    sent.push(sender.send(message(3), { onUnhandled }));
    sender.reset();
    expect(errors).toEqual([unknown(true), unknown(true), new CloseError(1000)]);
    expect(await Promise.all(sent.map(outcome))).toEqual(errors);
    expect([sender.undelivered, sender.bufferedAmount]).toEqual([0, 0]);
  });
});

describe("at the end", () => {
  test("messages that were sent are unknown; those that were not fail with the first reason, and so do later ones", async () => {
    const { sender, sink, attach, sent } = interruptedSession();
    const reason = new CloseError(4001);
    sender.end(reason);
    sender.end(new Error("again"));
    expect(await Promise.all(sent.map(outcome))).toEqual([
      unknown(true),
      "settled",
      unknown(true),
      unknown(false),
      reason,
    ]);
    expect([sender.undelivered, sender.bufferedAmount]).toEqual([0, 0]);
    expect(await outcome(sender.send(message("late")))).toBe(reason);
    expect(await outcome(sender.send(message("late"), { lane: "volatile" }))).toBe(reason);
    attach();
    expect(sink.sent()).toEqual([]);
  });

  test("a message that is finished later changes nothing", async () => {
    const { sender, receiver, sink, receive, hold } = startSession();
    receive({ s: 1 });
    const done = hold(1, 1);
    sender.end(new CloseError(1000));
    done();
    await settled();
    receiver.flush();
    expect(sink.sent()).toEqual([]);
  });

  test("a message that is sent when another has failed fails without a report: otherwise this might never end", async () => {
    const { sender } = startSession({ detached: true });
    const errors: unknown[] = [];
    const late: PromiseLike<void>[] = [];
    const again = (error: unknown): void => {
      errors.push(error);
      late.push(sender.send(message("again"), { onUnhandled: again }));
    };
    sender.send(message(1), { onUnhandled: again });
    const reason = new CloseError(1000);
    sender.end(reason);
    await settled();
    expect(errors).toEqual([reason]);
    expect(await Promise.all(late.map(outcome))).toEqual([reason]);
  });
});
