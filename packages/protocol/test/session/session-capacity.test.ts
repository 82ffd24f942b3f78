import { describe, expect, test, vi } from "vitest";
import { outboxFull } from "../../src/session/outbox.ts";
import { message, outcome, settled, startSession, unnumbered } from "./session-harness.ts";

vi.mock(import("../../src/session/outbox.ts"), { spy: true });

describe("answers", () => {
  test.each([
    [2, 256],
    [300, 300],
  ])(
    "with a bound of %i messages have capacity until %i are kept, and again when some are acknowledged",
    async (messages, kept) => {
      const { sender, acknowledge } = startSession({ messages });
      const send = (): unknown => sender.send(message("answer"), { lane: "answer" });
      for (let n = 1; n < kept; n += 1) send();
      expect(sender.capacity()).toBeUndefined();
      send();
      const capacity = sender.capacity();
      expect(capacity).toBeInstanceOf(Promise);
      acknowledge(1);
      expect(await capacity).toBeUndefined();
      expect(sender.capacity()).toBeUndefined();
    },
  );

  test("wait for no capacity when the session has ended", async () => {
    const { sender } = startSession({ bytes: 100 });
    sender.send(message("answer", 2 ** 20), { lane: "answer" });
    const capacity = sender.capacity();
    expect(capacity).toBeInstanceOf(Promise);
    sender.end("over");
    expect(await capacity).toBeUndefined();
  });
});

test("beyond the number that is kept, an error is made for each message that fails, and none for those that wait", async () => {
  const { sender } = startSession({ detached: true, messages: 2 });
  for (let n = 1; n <= 10; n += 1) void outcome(sender.send(message(n)));
  await settled();
  expect([sender.unsent, vi.mocked(outboxFull).mock.calls.length]).toEqual([10, 0]);
  sender.send(message(11));
  await settled();
  expect([sender.unsent, vi.mocked(outboxFull).mock.calls.length]).toEqual([10, 1]);
});

test("an acknowledgement is read once, however many messages it leaves out", () => {
  const { sender, acknowledge } = startSession({ remote: { credit: { messages: 900, bytes: 2 ** 20 } } });
  for (let n = 1; n <= 900; n += 1) void sender.send(message(n));
  let reads = 0;
  const pending = new Proxy(
    Array.from({ length: 900 }, (_, at) => at + 1),
    {
      get(target, key, receiver): unknown {
        if (typeof key === "string" && /^\d+$/.test(key)) reads += 1;
        return Reflect.get(target, key, receiver);
      },
    },
  );
  acknowledge(900, pending);
  expect([sender.undelivered, reads]).toEqual([900, 900]);
});

test("a receiver acknowledges when a quarter of its window has arrived, by messages or by bytes", async () => {
  const { receiver, sink } = startSession({ window: { messages: 64, bytes: 1_000 } });
  sink.sent();
  receiver.accept(1, 249);
  await settled();
  expect(sink.sent()).toEqual([]);
  receiver.accept(2, 1);
  await settled();
  expect(sink.sent()).toEqual(['{"t":"ack","a":2}']);
  for (let s = 3; s < 18; s += 1) receiver.accept(s);
  await settled();
  expect(sink.sent()).toEqual([]);
  receiver.accept(18);
  await settled();
  expect(sink.sent()).toEqual(['{"t":"ack","a":18}']);
});

describe("a remote peer that grants credit without end and acknowledges nothing", () => {
  const credit = { messages: 2 ** 53 - 1, bytes: 2 ** 53 - 1 };

  test("receives no more events than are kept", async () => {
    const { sender, sink, acknowledge } = startSession({ messages: 300, remote: { credit } });
    for (let n = 1; n <= 300; n += 1) void sender.send(message(n));
    expect(sink.sent()).toHaveLength(300);
    expect(await outcome(sender.send(message(301)))).toBeUndefined();
    expect(sink.sent()).toEqual([]);
    acknowledge(1);
    expect(sink.sent().map(unnumbered)).toEqual([message(301)]);
  });

  test("receives no more bytes of events than are kept", () => {
    const { sender, sink } = startSession({ bytes: 2 ** 20, remote: { credit } });
    for (let n = 1; n <= 40; n += 1) void sender.send(message(n, 2 ** 16));
    expect(sink.sent()).toHaveLength(16);
    expect(sender.bufferedAmount).toBeLessThan(2 ** 20 + 2 ** 17);
  });
});
