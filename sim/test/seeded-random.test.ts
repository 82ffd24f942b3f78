import { expect, test } from "vitest";
import { Chance } from "../virtual/seeded-random.ts";

const draws = (chance: Chance): number[] => Array.from({ length: 5 }, () => chance.next());

test("the same seed gives the same numbers, another seed or name others", () => {
  expect(draws(new Chance(7, "a"))).toEqual(draws(new Chance(7, "a")));
  expect(draws(new Chance(7, "a"))).not.toEqual(draws(new Chance(8, "a")));
  expect(draws(new Chance(7, "a"))).not.toEqual(draws(new Chance(7, "b")));
});

test("numbers stay within what was asked for", () => {
  const chance = new Chance(1);
  const wholes = new Set(Array.from({ length: 200 }, () => chance.whole(1, 3)));
  expect(wholes).toEqual(new Set([1, 2, 3]));
  expect(() => chance.oneOf([])).toThrow(RangeError);
});
