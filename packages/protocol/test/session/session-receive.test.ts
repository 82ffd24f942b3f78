import { describe, expect, test } from "vitest";
import { message, settled, stamped, startSession } from "./session-harness.ts";

describe("a message that arrives", () => {
  test("is received in order, and once", () => {
    const { receiver, receive } = startSession();
    expect([1, 2, 2, 1, 3].map((s) => receive({ s }))).toEqual([true, true, false, false, true]);
    expect(receiver.received).toEqual({ upTo: 3, pending: [] });
  });

  test.each([2, 3, 900])("must not arrive before its predecessor: sequence %i", (s) => {
    const { receiver, receive } = startSession();
    const early = (): boolean => receive({ s });
    expect(early).toThrow(expect.objectContaining({ name: "ProtocolError", closeCode: 4902 }));
    expect(receiver.received.upTo).toBe(0);
    expect(receive({ s: 1 })).toBe(true);
  });

  test("without a sequence is received as often as it arrives, and not acknowledged", async () => {
    const { receiver, sink, receive } = startSession();
    expect([receive({}), receive({})]).toEqual([true, true]);
    expect(receiver.hold(undefined, 10)).toBeUndefined();
    await settled();
    receiver.flush();
    expect(sink.sent()).toEqual([]);
  });

  test("is acknowledged again when it arrives again", async () => {
    const { receiver, sink, receive } = startSession();
    receive({ s: 1 });
    receiver.flush();
    expect(sink.sent()).toEqual(['{"t":"ack","a":1}']);
    receive({ s: 1 });
    await settled();
    expect(sink.sent()).toEqual(['{"t":"ack","a":1}']);
  });

  test("acknowledges messages, though it has arrived before", async () => {
    const { sender, receive } = startSession();
    sender.send(message(1));
    receive({ s: 1 });
    expect(receive({ s: 1, a: 1 })).toBe(false);
    expect(sender.undelivered).toBe(0);
  });
});

describe("the acknowledgement of a finished message", () => {
  test("is sent once at the end of the tick, with the sequences that are pending", async () => {
    const { sink, receive, hold } = startSession();
    const done = [1, 2, 3].map((s) => (receive({ s }), hold(s, 10)));
    await settled();
    expect(sink.sent()).toEqual([]);
    done[2]?.();
    done[0]?.();
    done[0]?.();
    expect(sink.sent()).toEqual([]);
    await settled();
    expect(sink.sent()).toEqual(['{"t":"ack","a":3,"but":[2]}']);
    done[1]?.();
    await settled();
    expect(sink.sent()).toEqual(['{"t":"ack","a":3}']);
  });

  test("that is finished on arrival is sent when a quarter of the window has arrived", async () => {
    const { receiver, sink, receive } = startSession({ window: { messages: 16, bytes: 1 } });
    for (const s of [1, 2, 3]) receive({ s });
    await settled();
    expect(sink.sent()).toEqual([]);
    receive({ s: 4 });
    receive({ s: 5 });
    await settled();
    expect(sink.sent()).toEqual(['{"t":"ack","a":5}']);
    for (const s of [6, 7, 8]) receive({ s });
    await settled();
    expect(sink.sent()).toEqual([]);
    receiver.flush();
    receiver.flush();
    expect(sink.sent()).toEqual(['{"t":"ack","a":8}']);
  });

  test("is carried by the next message, once", async () => {
    const { sender, receiver, sink, receive } = startSession();
    receive({ s: 1 });
    sender.send(message("a"));
    sender.send(message("b"));
    await settled();
    receiver.flush();
    expect(sink.sent()).toEqual([stamped(1, "a", 1), stamped(2, "b")]);
  });

  test("is not carried by a message while another message is pending", async () => {
    const { sender, sink, receive, hold } = startSession();
    receive({ s: 1 });
    const done = hold(1, 1);
    receive({ s: 2 });
    sender.send(message("a"));
    sender.send(message("volatile"), { lane: "volatile" });
    expect(sink.sent()).toEqual([stamped(1, "a"), '{"t":"volatile"}']);
    done();
    sender.send(message("b"));
    await settled();
    expect(sink.sent()).toEqual([stamped(2, "b", 2)]);
  });

  test("is sent on the next wire when there was none", async () => {
    const { sender, sink, reattach, receive, hold } = startSession();
    receive({ s: 1 });
    const done = hold(1, 1);
    sender.detach();
    done();
    await settled();
    expect(sink.sent()).toEqual([]);
    expect(reattach().sent()).toEqual(['{"t":"ack","a":1}']);
  });

  test("is not sent before the messages that are sent again: one may report the failure", async () => {
    const { sender, attach, reattach, receive, hold } = startSession();
    receive({ s: 1 });
    const done = hold(1, 1);
    sender.send(message("error"), { lane: "answer" });
    done();
    await settled();
    expect(reattach().sent()).toEqual([stamped(1, "error"), '{"t":"ack","a":1}']);
    sender.detach();
    const { sink: next } = startSession();
    next.fill();
    attach({}, next);
    receive({ s: 1 });
    await settled();
    expect(next.sent()).toEqual([]);
    await next.drain();
    expect(next.sent()).toEqual([stamped(1, "error"), '{"t":"ack","a":1}']);
  });
});

describe("an event beyond the credit is refused", () => {
  const refused = expect.objectContaining({ name: "ProtocolError", closeCode: 4429 });

  test("by number, until an event is finished", () => {
    const { hold } = startSession({ window: { messages: 2, bytes: 1_000 } });
    const done = [1, 2].map((s) => hold(s, 1));
    expect(() => hold(3, 1)).toThrow(refused);
    expect(() => hold(3)).not.toThrow();
    done[0]?.();
    done[0]?.();
    hold(4, 1);
    expect(() => hold(5, 1)).toThrow(refused);
  });

  test("by bytes, which the last event may exceed", () => {
    const { hold } = startSession({ window: { messages: 8, bytes: 100 } });
    hold(1, 99);
    const done = hold(2, 5_000);
    expect(() => hold(3, 1)).toThrow(refused);
    done();
    hold(4, 1);
    expect(() => hold(5, 1)).toThrow(refused);
  });
});
