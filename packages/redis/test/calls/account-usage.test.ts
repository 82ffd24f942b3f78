import { expect, onTestFinished, test, vi } from "vitest";
import { AccountUsage } from "../../src/account-usage.ts";

function createUsage(max: number): AccountUsage {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  return new AccountUsage(max);
}

test("an account is refused from its bound on, until the answer is too old", () => {
  const usage = createUsage(1_000);
  usage.set("ada", 900);
  expect([usage.allows("ada", 100), usage.allows("ada", 101), usage.allows("bob", 1_000)]).toEqual([
    true,
    false,
    true,
  ]);
  vi.advanceTimersByTime(5_000);
  expect(usage.allows("ada", 101)).toBe(false);
  vi.advanceTimersByTime(1);
  expect(usage.allows("ada", 1_000)).toBe(true);
});

test("messages on their way count, and the next answer replaces them", () => {
  const usage = createUsage(1_000);
  usage.add("ada", 344);
  usage.add("ada", 144);
  usage.add(undefined, 5_000);
  expect([usage.allows("ada", 0), usage.allows("ada", 1)]).toEqual([true, false]);
  usage.set("ada", 10);
  usage.set(undefined, 5_000);
  expect(usage.allows("ada", 990)).toBe(true);
});

test("the newest 10,000 accounts are remembered", () => {
  const usage = createUsage(10);
  for (let n = 0; n <= 10_000; n += 1) usage.set(`${n}`, 10);
  expect([usage.allows("0", 1), usage.allows("1", 1), usage.allows("10000", 1)]).toEqual([
    true,
    false,
    false,
  ]);
});
