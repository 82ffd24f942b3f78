import { expect, test } from "vitest";
import { SeededRandom } from "../virtual/seeded-random.ts";

const draw = (random: SeededRandom): number[] => Array.from({ length: 5 }, () => random.next());

test("the same seed and name give the same numbers, and others give other numbers", () => {
  expect(draw(new SeededRandom(7, "a"))).toEqual(draw(new SeededRandom(7, "a")));
  expect(draw(new SeededRandom(7, "a"))).not.toEqual(draw(new SeededRandom(8, "a")));
  expect(draw(new SeededRandom(7, "a"))).not.toEqual(draw(new SeededRandom(7, "b")));
});

test("numbers stay within their limits", () => {
  const random = new SeededRandom(1);
  const integers = new Set(Array.from({ length: 200 }, () => random.integer(1, 3)));
  expect(integers).toEqual(new Set([1, 2, 3]));
  expect(() => random.pick([])).toThrow(RangeError);
});
