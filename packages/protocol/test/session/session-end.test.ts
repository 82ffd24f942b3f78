import { describe, expect, test } from "vitest";
import { CloseError } from "../../src/errors.ts";
import { message, outcome, settled, speaking, stamped } from "./outlet.ts";

const unknown = (sentBefore: boolean) => expect.objectContaining({ code: "OUTCOME_UNKNOWN", sentBefore });

/** Messages of which the first was sent, the second also finished, and the rest never left. */
function halfway() {
  const all = speaking({ position: { w: 2, wb: 2 ** 20 } });
  const { session, outlet } = all;
  const sent = [session.send(message(1)), session.send(message(2)), session.send(message(3))];
  session.acknowledge(2, [1]);
  session.detach();
  const answer = session.send(message("answer"), { lane: "answer" });
  const kept = session.send(message(4));
  outlet.said();
  return { ...all, sent: [...sent, answer, kept] };
}

describe("when the other half has lost the session", () => {
  test("what it may have had is unknown, answers are dropped, and what was never sent goes into the new one", async () => {
    const { session, sent, live, outlet } = halfway();
    session.reset();
    expect(await Promise.all(sent.map(outcome))).toEqual([
      unknown(true),
      "settled",
      unknown(true),
      unknown(false),
      undefined,
    ]);
    expect([session.sentRange, session.received]).toEqual([
      { first: 1, last: 0 },
      { upTo: 0, pending: [] },
    ]);
    expect([session.undelivered, session.bufferedAmount]).toEqual([1, message(4).length + 64]);
    live();
    expect(outlet.said()).toEqual([stamped(1, 4)]);
    session.acknowledge(1);
    expect([await outcome(sent[4] as PromiseLike<void>), session.bufferedAmount]).toEqual(["settled", 0]);
  });

  test("a question that was never sent is asked in the new one", () => {
    const { session, live, outlet } = speaking({ away: true });
    session.send(message("ask"), { lane: "call" });
    session.reset();
    live();
    expect(outlet.said()).toEqual([stamped(1, "ask")]);
  });

  test("what was heard in it is finished in vain", async () => {
    const { session, live, outlet } = speaking({ window: { w: 64, wb: 100 } });
    session.receive({ s: 1 });
    session.receive({ s: 2 });
    const done = [session.hold(1, 60), session.hold(2, 60)];
    session.reset();
    live();
    session.receive({ s: 1 });
    const own = session.hold(1, 60);
    for (const one of done) one();
    await settled();
    expect(session.received).toEqual({ upTo: 1, pending: [1] });
    session.hold(2, 60);
    expect(() => session.hold(3, 1)).toThrow("more events than there was room for");
    own();
    await settled();
    expect(outlet.said()).toEqual(['{"t":"ack","a":1,"but":[2]}']);
  });

  test("its room is given back, and that of the other half with it", () => {
    const { session, live, outlet } = speaking({ position: { w: 2, wb: 2 ** 20 } });
    for (const n of [1, 2]) session.send(message(n));
    session.reset();
    live();
    outlet.said();
    for (const n of [3, 4, 5]) session.send(message(n));
    expect(outlet.said()).toEqual([stamped(1, 3), stamped(2, 4)]);
  });

  test("who is told that something failed may send at once: that goes into the new one, after what waited", async () => {
    const { session, live, outlet } = speaking();
    const unheard = (): void => void session.send(message("again"));
    session.send(message(1), { onUnhandled: unheard });
    session.send(message(2), { onUnhandled: unheard });
    session.detach();
    session.send(message(3));
    session.reset();
    live();
    expect(outlet.said().slice(2)).toEqual([stamped(1, 3), stamped(2, "again"), stamped(3, "again")]);
    session.acknowledge(3);
    expect([session.undelivered, session.bufferedAmount]).toEqual([0, 0]);
  });

  test("who is told that something failed may end it: everything fails once", async () => {
    const { session } = speaking();
    const told: unknown[] = [];
    const unheard = (error: unknown): void => {
      told.push(error);
      session.end(new CloseError(1000));
    };
    const sent = [
      session.send(message(1), { onUnhandled: unheard }),
      session.send(message(2), { onUnhandled: unheard }),
    ];
    session.detach();
    sent.push(session.send(message(3), { onUnhandled: unheard }));
    session.reset();
    expect(told).toEqual([unknown(true), unknown(true), new CloseError(1000)]);
    expect(await Promise.all(sent.map(outcome))).toEqual(told);
    expect([session.undelivered, session.bufferedAmount]).toEqual([0, 0]);
  });
});

describe("at the end", () => {
  test("what was sent is unknown, what never was fails with the first reason, and so does what follows", async () => {
    const { session, sent, live, outlet } = halfway();
    const reason = new CloseError(4001);
    session.end(reason);
    session.end(new Error("again"));
    expect(await Promise.all(sent.map(outcome))).toEqual([
      unknown(true),
      "settled",
      unknown(true),
      unknown(false),
      reason,
    ]);
    expect([session.undelivered, session.bufferedAmount]).toEqual([0, 0]);
    expect(await outcome(session.send(message("late")))).toBe(reason);
    expect(await outcome(session.send(message("late"), { lane: "volatile" }))).toBe(reason);
    live();
    expect(outlet.said()).toEqual([]);
  });

  test("what was heard is finished in vain", async () => {
    const { session, outlet } = speaking();
    session.receive({ s: 1 });
    const done = session.hold(1, 1);
    session.end(new CloseError(1000));
    done();
    await settled();
    session.flush();
    expect(outlet.said()).toEqual([]);
  });

  test("who is told of what failed may send again, which fails, and is not told of that: it could go on for ever", async () => {
    const { session } = speaking({ away: true });
    const told: unknown[] = [];
    const late: PromiseLike<void>[] = [];
    const again = (error: unknown): void => {
      told.push(error);
      late.push(session.send(message("again"), { onUnhandled: again }));
    };
    session.send(message(1), { onUnhandled: again });
    const reason = new CloseError(1000);
    session.end(reason);
    await settled();
    expect(told).toEqual([reason]);
    expect(await Promise.all(late.map(outcome))).toEqual([reason]);
  });
});
