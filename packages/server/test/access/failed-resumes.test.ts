// S13
import { expect, test } from "vitest";
import { FailedResumes } from "../../src/access/failed-resumes.ts";
import { Clock } from "../../src/timing/clock.ts";

test("failures count for a minute from the first, for each address by itself", () => {
  const clock = new Clock();
  const failed = new FailedResumes(clock, 2);
  expect([failed.allow("a", true), failed.allow("a", true), failed.allow("a", true)]).toEqual([
    true,
    true,
    false,
  ]);
  expect([failed.allow("a", false), failed.allow("b", true)]).toEqual([false, true]);
  clock.advance(59_999);
  expect(failed.allow("a", true)).toBe(false);
  clock.advance(1);
  expect(failed.allow("a", true)).toBe(true);
});

test("a failure at no session is allowed, and does not count", () => {
  const failed = new FailedResumes(new Clock(), 1);
  for (let times = 0; times < 100; times += 1) expect(failed.allow("a", false)).toBe(true);
  expect([failed.allow("a", true), failed.allow("a", true)]).toEqual([true, false]);
});

test("ten thousand addresses are kept, and none for longer than a minute", () => {
  const clock = new Clock();
  const failed = new FailedResumes(clock, 1);
  for (let address = 0; address < 20_000; address += 1) failed.allow(`address ${address}`, true);
  expect(failed.size).toBe(10_000);
  expect(failed.allow("address 19999", true)).toBe(false);
  clock.advance(60_000);
  failed.allow("a", true);
  expect(failed.size).toBe(1);
});
