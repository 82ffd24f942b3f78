import { expect, test } from "vitest";
import { ConcurrencyLimit } from "../../src/async/limiter.ts";

/** Turns for two at once, what has gone, and who `name` is. */
function turns() {
  const all = new ConcurrencyLimit(2);
  const gone: string[] = [];
  const go = (name: string) => () => void gone.push(name);
  return { all, gone, go };
}

test("so many go at once, the others wait and go in order", () => {
  const { all, gone, go } = turns();
  const [a, b, c, d] = [go("a"), go("b"), go("c"), go("d")] as const;
  for (const one of [a, b, c, d]) all.run(one);
  expect(gone).toEqual(["a", "b"]);
  all.release(b);
  expect(gone).toEqual(["a", "b", "c"]);
  all.release(a);
  all.release(c);
  all.release(d);
  expect(gone).toEqual(["a", "b", "c", "d"]);
  all.run(a);
  all.run(b);
  all.run(c);
  expect(gone).toEqual(["a", "b", "c", "d", "a", "b"]);
});

test.each(["release", "cancel"] as const)("who waits can %s, and takes nobody's place", (how) => {
  const { all, gone, go } = turns();
  const [a, b, c, d] = [go("a"), go("b"), go("c"), go("d")] as const;
  for (const one of [a, b, c, d]) all.run(one);
  all[how](c);
  expect(gone).toEqual(["a", "b"]);
  all.release(a);
  expect(gone).toEqual(["a", "b", "d"]);
});

test("who has gone cannot be withdrawn", () => {
  const { all, gone, go } = turns();
  const [a, b, c] = [go("a"), go("b"), go("c")] as const;
  for (const one of [a, b, c]) all.run(one);
  all.cancel(a);
  expect(gone).toEqual(["a", "b"]);
});
