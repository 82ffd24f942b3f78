import { expect, test } from "vitest";
import { Clock } from "../../src/timing/clock.ts";
import { ResumeRate } from "../../src/session/resume-rate.ts";

test("S33 › a hundred returns in a minute are taken, and one more is too often", () => {
  const clock = new Clock();
  const returns = new ResumeRate(clock);
  const taken = Array.from({ length: 101 }, () => {
    clock.advance(500);
    return returns.allow();
  });
  expect(taken.indexOf(false)).toBe(100);
  clock.advance(10_000);
  expect(returns.allow()).toBe(true);
});
