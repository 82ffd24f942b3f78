import { expect, test } from "vitest";
import { backoff } from "../../src/connection/backoff.ts";

test("the window doubles from half a second to thirty seconds", () => {
  const windows = Array.from({ length: 9 }, (_, retry) => backoff(retry));
  expect(windows).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  expect(backoff(5_000)).toBe(30_000);
});

test("the window of a hidden page is the longest", () => {
  expect(backoff(0, true)).toBe(30_000);
});
