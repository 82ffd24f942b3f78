import { expect, test } from "vitest";
import { Clock } from "../../src/timing/clock.ts";
import { ResumeRate } from "../../src/timing/resume-rate.ts";

// S33
test("a client may resume 100 times in a minute, and not once more", () => {
  const clock = new Clock();
  const rate = new ResumeRate(clock);
  const allowed = Array.from({ length: 101 }, () => {
    clock.advance(500);
    return rate.allow();
  });
  expect(allowed.indexOf(false)).toBe(100);
  clock.advance(10_000);
  expect(rate.allow()).toBe(true);
});
