import { expect, test } from "vitest";
import { backoff, shortestWait } from "../../src/connection/backoff.ts";

test("the window doubles from a quarter of a second to five seconds", () => {
  const windows = Array.from({ length: 7 }, (_, retry) => backoff(retry));
  expect(windows).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  expect(backoff(5_000)).toBe(5_000);
});

test("the window is as the options say", () => {
  const options = { min: 100, max: 1_500, factor: 3 };
  expect([0, 1, 2, 3].map((retry) => backoff(retry, options))).toEqual([100, 300, 900, 1_500]);
  expect(backoff(0, { min: 0, max: 0 })).toBe(0);
});

test("the window of a hidden page begins as that of a visible one, and grows six times as long", () => {
  const windows = Array.from({ length: 9 }, (_, retry) => backoff(retry, {}, true));
  expect(windows).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test("the floor is 0.25 s · 2 ** k after k wires that died young, at most 5 s, and none after a wire that lived", () => {
  expect([0, 1, 2, 3, 4, 5, 100].map(shortestWait)).toEqual([0, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
});
