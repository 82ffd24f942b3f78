// S22
import { describe, expect, test } from "vitest";
import { Clock } from "../../src/timing/clock.ts";
import { MessageRate } from "../../src/timing/message-rate.ts";

function createRate({ messagesPerSecond = 100, bytesPerSecond = 1_000_000 } = {}) {
  const clock = new Clock();
  return { clock, rate: new MessageRate(clock, { messagesPerSecond, bytesPerSecond }) };
}

describe("the rate of a client", () => {
  test("allows two seconds' worth of messages at once, and then as many as time passes", () => {
    const { clock, rate } = createRate();
    for (let n = 0; n < 200; n += 1) {
      expect(rate.allows).toBe(true);
      rate.take(10);
    }
    expect([rate.allows, rate.exceeded]).toEqual([false, false]);
    clock.advance(50);
    for (let n = 0; n < 5; n += 1) rate.take(10);
    expect([rate.allows, rate.exceeded]).toEqual([false, false]);
    rate.take(10);
    expect(rate.exceeded).toBe(true);
  });

  test("allows two seconds' worth of bytes at once, and then as many as time passes", () => {
    const { clock, rate } = createRate({ bytesPerSecond: 1_000 });
    rate.take(1_999);
    expect(rate.allows).toBe(true);
    rate.take(501);
    expect([rate.allows, rate.exceeded]).toEqual([false, true]);
    clock.advance(500);
    expect([rate.allows, rate.exceeded]).toEqual([false, false]);
    clock.advance(1);
    expect(rate.allows).toBe(true);
  });

  test("saves up no more than two seconds' worth", () => {
    const { clock, rate } = createRate();
    clock.advance(3_600_000);
    rate.take(0, 200);
    expect(rate.allows).toBe(false);
  });

  test("never slows a client that sends 90 messages a second for ten minutes", () => {
    const { clock, rate } = createRate();
    for (let second = 0; second < 600; second += 1)
      for (let n = 0; n < 10; n += 1) {
        for (let sent = 0; sent < 9; sent += 1) {
          expect(rate.allows).toBe(true);
          rate.take(1_000);
        }
        clock.advance(100);
      }
  });

  test.each([
    [{ t: "ack", a: 1 }],
    [{ t: "pong", n: 1 }],
    [{ t: "reply", re: 1 }],
    [{ t: "credit", q: 1, n: 1, b: 1 }],
  ] as const)("counts a sixteenth of %o, which answers the server", (frame) => {
    const { rate } = createRate();
    for (let n = 0; n < 199 * 16; n += 1) rate.takeFrame(frame, 20);
    expect(rate.allows).toBe(true);
    for (let n = 0; n < 16; n += 1) rate.takeFrame(frame, 20);
    expect(rate.allows).toBe(false);
  });

  test.each([
    [{ t: "event", name: "a" }],
    [{ t: "request", q: 1, name: "a" }],
    [{ t: "ping", n: 1 }],
    [{ t: "next", q: 1 }],
    [{ t: "cancel", q: 1 }],
  ] as const)("counts each %o", (frame) => {
    const { rate } = createRate();
    for (let n = 0; n < 200; n += 1) rate.takeFrame(frame, 20);
    expect(rate.allows).toBe(false);
  });

  test("has no bound with Infinity", () => {
    const { clock, rate } = createRate({ messagesPerSecond: Infinity, bytesPerSecond: Infinity });
    rate.take(1e12, 1e12);
    clock.advance(1);
    expect([rate.allows, rate.exceeded]).toEqual([true, false]);
  });
});

test("a client that has sent too much is paid for when time has passed", async () => {
  const { clock, rate } = createRate();
  expect(rate.paid).toBeUndefined();
  rate.take(0, 210);
  let paid = false;
  void rate.paid?.then(() => (paid = true));
  clock.advance(100);
  await Promise.resolve();
  expect(paid).toBe(false);
  clock.advance(10);
  await Promise.resolve();
  expect(paid).toBe(true);
});
