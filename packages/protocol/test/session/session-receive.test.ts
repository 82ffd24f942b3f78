import { describe, expect, test } from "vitest";
import { message, settled, speaking, stamped } from "./outlet.ts";

describe("what is heard", () => {
  test("is taken in order, and once", () => {
    const { session } = speaking();
    expect([1, 2, 2, 1, 3].map((s) => session.receive({ s }))).toEqual([true, true, false, false, true]);
    expect(session.received).toEqual({ upTo: 3, pending: [] });
  });

  test.each([2, 3, 900])("may not come before what was said before it: %i", (s) => {
    const { session } = speaking();
    const early = (): boolean => session.receive({ s });
    expect(early).toThrow(expect.objectContaining({ name: "ProtocolError", closeCode: 4902 }));
    expect(session.received.upTo).toBe(0);
    expect(session.receive({ s: 1 })).toBe(true);
  });

  test("without a number is taken as often as it comes, and not acknowledged", async () => {
    const { session, outlet } = speaking();
    expect([session.receive({}), session.receive({})]).toEqual([true, true]);
    session.hold(undefined, 10)();
    await settled();
    session.flush();
    expect(outlet.said()).toEqual([]);
  });

  test("is acknowledged again when it comes again", async () => {
    const { session, outlet } = speaking();
    session.receive({ s: 1 });
    session.flush();
    expect(outlet.said()).toEqual(['{"t":"ack","a":1}']);
    session.receive({ s: 1 });
    await settled();
    expect(outlet.said()).toEqual(['{"t":"ack","a":1}']);
  });

  test("acknowledges what was said, though it has come before", async () => {
    const { session } = speaking();
    session.send(message(1));
    session.receive({ s: 1 });
    expect(session.receive({ s: 1, a: 1 })).toBe(false);
    expect(session.undelivered).toBe(0);
  });
});

describe("what is finished", () => {
  test("is said once at the end of the tick, with what is not", async () => {
    const { session, outlet } = speaking();
    const done = [1, 2, 3].map((s) => (session.receive({ s }), session.hold(s, 10)));
    await settled();
    expect(outlet.said()).toEqual([]);
    done[2]?.();
    done[0]?.();
    done[0]?.();
    expect(outlet.said()).toEqual([]);
    await settled();
    expect(outlet.said()).toEqual(['{"t":"ack","a":3,"but":[2]}']);
    done[1]?.();
    await settled();
    expect(outlet.said()).toEqual(['{"t":"ack","a":3}']);
  });

  test("on arrival is said when a quarter of the window has come", async () => {
    const { session, outlet } = speaking({ window: { w: 16, wb: 1 } });
    for (const s of [1, 2, 3]) session.receive({ s });
    await settled();
    expect(outlet.said()).toEqual([]);
    session.receive({ s: 4 });
    session.receive({ s: 5 });
    await settled();
    expect(outlet.said()).toEqual(['{"t":"ack","a":5}']);
    for (const s of [6, 7, 8]) session.receive({ s });
    await settled();
    expect(outlet.said()).toEqual([]);
    session.flush();
    session.flush();
    expect(outlet.said()).toEqual(['{"t":"ack","a":8}']);
  });

  test("is said in passing, once, on a message that goes anyway", async () => {
    const { session, outlet } = speaking();
    session.receive({ s: 1 });
    session.send(message("a"));
    session.send(message("b"));
    await settled();
    session.flush();
    expect(outlet.said()).toEqual([stamped(1, "a", 1), stamped(2, "b")]);
  });

  test("is not said in passing while something is not", async () => {
    const { session, outlet } = speaking();
    session.receive({ s: 1 });
    const done = session.hold(1, 1);
    session.receive({ s: 2 });
    session.send(message("a"));
    session.send(message("volatile"), { lane: "volatile" });
    expect(outlet.said()).toEqual([stamped(1, "a"), '{"t":"volatile"}']);
    done();
    session.send(message("b"));
    await settled();
    expect(outlet.said()).toEqual([stamped(2, "b", 2)]);
  });

  test("while away is said on return", async () => {
    const { session, outlet, again } = speaking();
    session.receive({ s: 1 });
    const done = session.hold(1, 1);
    session.detach();
    done();
    await settled();
    expect(outlet.said()).toEqual([]);
    expect(again().said()).toEqual(['{"t":"ack","a":1}']);
  });

  test("is not said before what was said again: that may be of its failure", async () => {
    const { session, again, live } = speaking();
    session.receive({ s: 1 });
    const done = session.hold(1, 1);
    session.send(message("error"), { lane: "answer" });
    done();
    await settled();
    expect(again().said()).toEqual([stamped(1, "error"), '{"t":"ack","a":1}']);
    session.detach();
    const { outlet: next } = speaking();
    next.fills();
    live({}, next);
    session.receive({ s: 1 });
    await settled();
    expect(next.said()).toEqual([]);
    await next.drains();
    expect(next.said()).toEqual([stamped(1, "error"), '{"t":"ack","a":1}']);
  });
});

describe("more than was granted is too much", () => {
  const tooMuch = expect.objectContaining({ name: "ProtocolError", closeCode: 4429 });

  test("by number, until something is finished", () => {
    const { session } = speaking({ window: { w: 2, wb: 1_000 } });
    const done = [1, 2].map((s) => session.hold(s, 1));
    expect(() => session.hold(3, 1)).toThrow(tooMuch);
    expect(() => session.hold(3)).not.toThrow();
    done[0]?.();
    done[0]?.();
    session.hold(4, 1);
    expect(() => session.hold(5, 1)).toThrow(tooMuch);
  });

  test("by size, where one may overshoot", () => {
    const { session } = speaking({ window: { w: 8, wb: 100 } });
    session.hold(1, 99);
    const done = session.hold(2, 5_000);
    expect(() => session.hold(3, 1)).toThrow(tooMuch);
    done();
    session.hold(4, 1);
    expect(() => session.hold(5, 1)).toThrow(tooMuch);
  });
});
