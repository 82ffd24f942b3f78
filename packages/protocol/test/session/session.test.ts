import { describe, expect, test } from "vitest";
import { message, outcome, settled, speaking, stamped } from "./outlet.ts";

describe("what is said", () => {
  test("is numbered from 1 when it first goes on a wire, in order", () => {
    const { session, live, outlet } = speaking({ away: true });
    session.send(message("a"));
    const gone = session.send(message("b"), { lane: "call" });
    expect(session.sentRange).toEqual({ first: 1, last: 0 });
    session.withdraw(gone);
    live();
    session.send(message("c"), { lane: "answer" });
    expect(outlet.said()).toEqual([stamped(1, "a"), stamped(2, "c")]);
    expect(session.sentRange).toEqual({ first: 1, last: 2 });
  });

  test("goes first when it was kept, in order with what follows", () => {
    const { session, live, outlet } = speaking({ away: true });
    session.send(message(1));
    session.send(message(2), { lane: "call" });
    session.send(message(3));
    live();
    session.send(message(4));
    expect(outlet.said()).toEqual([1, 2, 3, 4].map((n) => stamped(n, n)));
  });

  test("is settled when the other half has finished it, an answer or a question when it has left", async () => {
    const { session } = speaking();
    const [event, call, answer] = [
      session.send(message("a")),
      session.send(message("b"), { lane: "call" }),
      session.send(message("c"), { lane: "answer" }),
    ];
    expect(await Promise.all([event, call, answer].map(outcome))).toEqual([undefined, "settled", "settled"]);
    session.acknowledge(1);
    expect(await outcome(event)).toBe("settled");
  });

  test("is settled one by one: an ack has exceptions, and a number may come without a frame of its own", async () => {
    const { session } = speaking();
    const sent = Array.from({ length: 5 }, (_, n) => session.send(message(n)));
    session.acknowledge(4, [2, 3]);
    expect(await Promise.all(sent.map(outcome))).toEqual([
      "settled",
      undefined,
      undefined,
      "settled",
      undefined,
    ]);
    expect(session.sentRange).toEqual({ first: 2, last: 5 });
    session.acknowledge(4, [3]);
    session.acknowledge(2);
    session.receive({ s: 1, a: 5 });
    expect(await Promise.all(sent.map(outcome))).toEqual(Array(5).fill("settled"));
    expect(session.undelivered).toBe(0);
  });

  test.each([1, 7])("cannot be acknowledged before it is sent: %i", (a) => {
    const { session, again } = speaking();
    expect(() => session.acknowledge(a)).toThrow("it acknowledges what was never sent");
    expect(() => session.receive({ a })).toThrow(expect.objectContaining({ closeCode: 4400 }));
    session.detach();
    session.send(message("a"));
    expect(() => session.acknowledge(1)).toThrow("it acknowledges what was never sent");
    again();
    expect(() => session.acknowledge(1)).not.toThrow();
  });
});

describe("on the next wire", () => {
  test("what the other half does not have is said again with its number, before anything else", () => {
    const { session, outlet, again } = speaking();
    for (const n of [1, 2, 3]) session.send(message(n));
    session.acknowledge(1);
    session.detach();
    session.send(message("away"));
    expect(outlet.said()).toEqual([1, 2, 3].map((n) => stamped(n, n)));
    expect(again({ rx: 2 }).said()).toEqual([stamped(3, 3), stamped(4, "away")]);
  });

  test("what it has and wants again is said again", () => {
    const { session, again } = speaking();
    for (const n of [1, 2, 3, 4]) session.send(message(n));
    session.acknowledge(1);
    expect(again({ rx: 3, but: [1, 3] }).said()).toEqual([stamped(3, 3), stamped(4, 4)]);
  });

  test("what it has and has not finished is neither said again nor settled", async () => {
    const { session, again } = speaking();
    const sent = session.send(message(1));
    expect(again({ rx: 1 }).said()).toEqual([]);
    expect(await outcome(sent)).toBeUndefined();
    session.acknowledge(1);
    expect(await outcome(sent)).toBe("settled");
  });

  test("what is acknowledged before its turn is not said again", async () => {
    const { session, again, live } = speaking();
    for (const n of [1, 2, 3]) session.send(message(n));
    const next = again();
    next.said();
    session.detach();
    next.fills();
    live({}, next);
    session.acknowledge(2);
    await next.drains();
    expect(next.said()).toEqual([stamped(3, 3)]);
  });

  test("what has come is said first, whether or not anything has", async () => {
    const { session, again } = speaking();
    expect(again().said()).toEqual([]);
    session.receive({ s: 1 });
    session.receive({ s: 2 });
    const done = session.hold(2);
    session.detach();
    const next = again();
    expect(next.said()).toEqual(['{"t":"ack","a":2,"but":[2]}']);
    done();
    await settled();
    expect(next.said()).toEqual(['{"t":"ack","a":2}']);
  });
});

describe("a wire that is full", () => {
  test("is waited for, in order, by answers too", async () => {
    const { session, outlet } = speaking();
    outlet.fills();
    session.send(message("event"));
    session.send(message("answer"), { lane: "answer" });
    expect(outlet.said()).toEqual([]);
    await outlet.drains();
    expect(outlet.said()).toEqual([stamped(1, "event"), stamped(2, "answer")]);
  });

  test("holds nothing back once another is live, and what it does later starts nothing", async () => {
    const { session, outlet, again } = speaking();
    outlet.fills();
    session.send(message(1));
    const next = again();
    expect(next.said()).toEqual([stamped(1, 1)]);
    next.fills();
    session.send(message(2));
    await outlet.drains();
    expect([outlet.said(), next.said()]).toEqual([[], []]);
    await next.drains();
    expect(next.said()).toEqual([stamped(2, 2)]);
  });

  test("takes the rest of what is said again when it has room, and then what is new", async () => {
    const { session, live } = speaking();
    for (const n of [1, 2]) session.send(message(n));
    session.detach();
    const { outlet: next } = speaking();
    next.fills();
    live({}, next);
    session.send(message(3));
    expect(next.said()).toEqual([]);
    await next.drains();
    expect(next.said()).toEqual([1, 2, 3].map((n) => stamped(n, n)));
  });
});
