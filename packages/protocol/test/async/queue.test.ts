import { describe, expect, test } from "vitest";
import { Queue } from "../../src/async/queue.ts";

test("items are taken in the order they were put", async () => {
  const queue = new Queue<number>();
  queue.push(1);
  queue.push(2);
  expect(queue.size).toBe(2);
  expect([await queue.pull(), await queue.pull()]).toEqual([1, 2]);
  expect(queue.size).toBe(0);
});

test("those who wait are served in the order they came", async () => {
  const queue = new Queue<number>();
  const both = Promise.all([queue.pull(), queue.pull()]);
  queue.push(1);
  queue.push(2);
  expect(queue.size).toBe(0);
  expect(await both).toEqual([1, 2]);
});

test("undefined is an item like any other", async () => {
  const queue = new Queue<number | undefined>();
  queue.push(undefined);
  queue.push(1);
  const both = [queue.pull(), queue.pull()];
  queue.end("over");
  expect(await Promise.allSettled(both)).toEqual([
    { status: "fulfilled", value: undefined },
    { status: "fulfilled", value: 1 },
  ]);
});

test("a long queue keeps its order while it is drained and filled", async () => {
  const queue = new Queue<number>();
  const taken: number[] = [];
  for (let item = 0; item < 3_000; item += 1) queue.push(item);
  for (let item = 3_000; item < 6_000; item += 1) {
    taken.push(await queue.pull());
    queue.push(item);
  }
  expect(queue.size).toBe(3_000);
  while (queue.size > 0) taken.push(await queue.pull());
  expect(taken).toEqual(Array.from({ length: 6_000 }, (_, item) => item));
});

describe("after the end", () => {
  test("what waits can be taken, then the reason is thrown", async () => {
    const queue = new Queue<number>();
    queue.push(1);
    queue.end("over");
    queue.push(2);
    queue.end("again");
    expect(await queue.pull()).toBe(1);
    await expect(queue.pull()).rejects.toBe("over");
    await expect(queue.pull()).rejects.toBe("over");
  });

  test("those who wait are refused, even without a reason", async () => {
    const queue = new Queue<number>();
    const taken = [queue.pull(), queue.pull()];
    queue.end(undefined);
    const refused = { status: "rejected", reason: undefined };
    expect(await Promise.allSettled(taken)).toEqual([refused, refused]);
  });
});
