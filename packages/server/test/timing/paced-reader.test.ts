// S22
import { describe, expect, test } from "vitest";
import { Clock } from "../../src/timing/clock.ts";
import { MessageRate } from "../../src/timing/message-rate.ts";
import { PacedReader } from "../../src/timing/paced-reader.ts";
import { flushPromises } from "../flush-promises.ts";
import { TestWire } from "./test-wire.ts";

/** A wire that is read at 10 messages in a second, and what its listener has received. */
function startReader({ onMessage = (_reader: PacedReader): void => {} } = {}) {
  const clock = new Clock();
  const wire = new TestWire();
  const rate = new MessageRate(clock, { messagesPerSecond: 10, bytesPerSecond: 1_000_000 });
  const reader = new PacedReader(wire, rate);
  const received: unknown[] = [];
  reader.listen({
    message: (message) => {
      rate.take(1);
      received.push(Number(message));
      onMessage(reader);
    },
    closed: ({ code }) => received.push(`closed ${code}`),
  });
  const receive = (from: number, to: number): void => {
    for (let n = from; n <= to; n += 1) wire.events.message(String(n));
  };
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await flushPromises();
  };
  return { wire, rate, reader, received, receive, advance };
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, n) => n + 1);
}

describe("a client that sends more than it may", () => {
  test("is not read meanwhile, and what has arrived is delivered at the rate, in order", async () => {
    const { wire, received, receive, advance } = startReader();
    receive(1, 40);
    expect([received, wire.paused]).toEqual([upTo(20), true]);
    await advance(500);
    expect([received, wire.paused]).toEqual([upTo(25), true]);
    await advance(1_500);
    expect([received, wire.paused]).toEqual([upTo(40), true]);
    await advance(100);
    expect(wire.paused).toBe(false);
    receive(41, 41);
    expect(received).toEqual(upTo(41));
  });

  test("receives the end after all that has arrived", async () => {
    const { wire, received, receive, advance } = startReader();
    receive(1, 30);
    wire.events.closed({ code: 1000, reason: "", wasClean: true });
    expect(received).toEqual([...upTo(30), "closed 1000"]);
    await advance(5_000);
    expect(received).toHaveLength(31);
  });

  test("may be one whose listener pauses: nothing is delivered until it resumes", async () => {
    const { wire, reader, received, receive, advance } = startReader();
    receive(1, 30);
    reader.pause();
    await advance(5_000);
    expect([received, wire.paused, reader.paused]).toEqual([upTo(20), true, true]);
    reader.resume();
    await flushPromises();
    expect([received, wire.paused, reader.paused]).toEqual([upTo(30), false, false]);
  });

  test("may be one whose listener pauses at each message", async () => {
    const { wire, reader, received, receive, advance } = startReader({ onMessage: (own) => own.pause() });
    receive(1, 25);
    for (let n = 0; n < 10; n += 1) {
      reader.resume();
      await advance(1_000);
    }
    expect(received).toEqual(upTo(25));
    expect(wire.paused).toBe(false);
  });

  test("may send pings alone: they count", async () => {
    const { wire, received, receive, advance } = startReader();
    for (let n = 0; n < 20; n += 1) wire.receivePing();
    expect(wire.paused).toBe(true);
    receive(1, 1);
    expect(received).toEqual([]);
    await advance(200);
    expect([received, wire.paused]).toEqual([[1], false]);
  });
});

test("a client that sends no more than it may is always read", async () => {
  const { wire, received, receive, advance } = startReader();
  for (let n = 1; n <= 1_000; n += 1) {
    receive(n, n);
    expect(wire.paused).toBe(false);
    await advance(100);
  }
  expect(received).toEqual(upTo(1_000));
});

test("a listener pauses and resumes the wire of a slow client as well", () => {
  const { wire, reader } = startReader();
  reader.pause();
  expect([wire.paused, reader.paused]).toEqual([true, true]);
  reader.resume();
  expect([wire.paused, reader.paused]).toEqual([false, false]);
});
