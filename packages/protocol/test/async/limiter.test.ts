import { expect, test } from "vitest";
import { ConcurrencyLimit } from "../../src/async/limiter.ts";

/** A limit of two tasks, the names of the tasks that started, and a way to make a task. */
function limitOfTwo() {
  const limit = new ConcurrencyLimit(2);
  const started: string[] = [];
  const task = (name: string) => () => void started.push(name);
  return { limit, started, task };
}

test("two tasks run at once, the others wait and start in order", () => {
  const { limit, started, task } = limitOfTwo();
  const [a, b, c, d] = [task("a"), task("b"), task("c"), task("d")] as const;
  for (const one of [a, b, c, d]) limit.run(one);
  expect(started).toEqual(["a", "b"]);
  limit.release(b);
  expect(started).toEqual(["a", "b", "c"]);
  limit.release(a);
  limit.release(c);
  limit.release(d);
  expect(started).toEqual(["a", "b", "c", "d"]);
  limit.run(a);
  limit.run(b);
  limit.run(c);
  expect(started).toEqual(["a", "b", "c", "d", "a", "b"]);
});

test.each(["release", "cancel"] as const)(
  "%s forgets a task that waits, and starts no other for it",
  (how) => {
    const { limit, started, task } = limitOfTwo();
    const [a, b, c, d] = [task("a"), task("b"), task("c"), task("d")] as const;
    for (const one of [a, b, c, d]) limit.run(one);
    limit[how](c);
    expect(started).toEqual(["a", "b"]);
    limit.release(a);
    expect(started).toEqual(["a", "b", "d"]);
  },
);

test("cancel does nothing to a task that has started", () => {
  const { limit, started, task } = limitOfTwo();
  const [a, b, c] = [task("a"), task("b"), task("c")] as const;
  for (const one of [a, b, c]) limit.run(one);
  limit.cancel(a);
  expect(started).toEqual(["a", "b"]);
});

test("the tasks that wait have their weight, until they start or are forgotten", () => {
  const { limit, task } = limitOfTwo();
  const [a, b, c, d, e] = [task("a"), task("b"), task("c"), task("d"), task("e")] as const;
  [a, b, c, d, e].forEach((one, index) => limit.run(one, 10 ** index));
  expect(limit.waitingWeight).toBe(11_100);
  expect([limit.cancel(d), limit.cancel(d), limit.cancel(a)]).toEqual([true, false, false]);
  expect(limit.waitingWeight).toBe(10_100);
  limit.release(a);
  expect(limit.waitingWeight).toBe(10_000);
  limit.release(e);
  expect(limit.waitingWeight).toBe(0);
});
