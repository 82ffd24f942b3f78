import { describe, expect, test } from "vitest";
import { BoundedQueue } from "../../src/async/queue.ts";

test("a reader pulls items in the order they were pushed", async () => {
  const queue = new BoundedQueue<number>();
  queue.push(1);
  queue.push(2);
  expect(queue.size).toBe(2);
  expect([await queue.pull(), await queue.pull()]).toEqual([1, 2]);
  expect(queue.size).toBe(0);
});

test("readers that wait get items in the order they came", async () => {
  const queue = new BoundedQueue<number>();
  const both = Promise.all([queue.pull(), queue.pull()]);
  queue.push(1);
  queue.push(2);
  expect(queue.size).toBe(0);
  expect(await both).toEqual([1, 2]);
});

test("undefined is an item like any other", async () => {
  const queue = new BoundedQueue<number | undefined>();
  queue.push(undefined);
  queue.push(1);
  const both = [queue.pull(), queue.pull()];
  queue.end("over");
  expect(await Promise.allSettled(both)).toEqual([
    { status: "fulfilled", value: undefined },
    { status: "fulfilled", value: 1 },
  ]);
});

test("a long queue keeps its order while it is read and filled", async () => {
  const queue = new BoundedQueue<number>();
  const pulled: number[] = [];
  for (let item = 0; item < 3_000; item += 1) queue.push(item);
  for (let item = 3_000; item < 6_000; item += 1) {
    pulled.push(await queue.pull());
    queue.push(item);
  }
  expect(queue.size).toBe(3_000);
  while (queue.size > 0) pulled.push(await queue.pull());
  expect(pulled).toEqual(Array.from({ length: 6_000 }, (_, item) => item));
});

describe("after the end", () => {
  test("a reader gets the items that wait, then the reason is thrown", async () => {
    const queue = new BoundedQueue<number>();
    queue.push(1);
    queue.end("over");
    queue.push(2);
    queue.end("again");
    expect(await queue.pull()).toBe(1);
    await expect(queue.pull()).rejects.toBe("over");
    await expect(queue.pull()).rejects.toBe("over");
  });

  test("readers that wait are rejected, even without a reason", async () => {
    const queue = new BoundedQueue<number>();
    const pulled = [queue.pull(), queue.pull()];
    queue.end(undefined);
    const rejected = { status: "rejected", reason: undefined };
    expect(await Promise.allSettled(pulled)).toEqual([rejected, rejected]);
  });
});

describe("a queue with a writer", () => {
  /** A queue whose writer records when it is full and when it has drained. */
  function recordedQueue(limit?: number) {
    const events: string[] = [];
    const writer = { pause: () => void events.push("full"), resume: () => void events.push("drained") };
    const queue = new BoundedQueue<number>({ writer, ...(limit !== undefined && { limit }) });
    return { events, queue };
  }

  test("pauses it at the limit, and resumes it when half of it was read", async () => {
    const { events, queue } = recordedQueue(4);
    for (const item of [1, 2, 3]) queue.push(item);
    expect(events).toEqual([]);
    for (const item of [4, 5]) queue.push(item);
    expect(events).toEqual(["full"]);
    await queue.pull();
    await queue.pull();
    expect(events).toEqual(["full"]);
    await queue.pull();
    expect(events).toEqual(["full", "drained"]);
    for (const item of [6, 7]) queue.push(item);
    expect(events).toEqual(["full", "drained", "full"]);
  });

  test("is full at 64 items by default", () => {
    const { events, queue } = recordedQueue();
    for (let item = 0; item < 63; item += 1) queue.push(item);
    expect(events).toEqual([]);
    queue.push(63);
    expect(events).toEqual(["full"]);
  });

  test("is never full after the end", () => {
    const { events, queue } = recordedQueue(1);
    queue.end("over");
    queue.push(1);
    expect(events).toEqual([]);
  });

  test("is not full when a waiting reader gets the item", () => {
    const { events, queue } = recordedQueue(1);
    void queue.pull();
    queue.push(1);
    expect(events).toEqual([]);
  });
});

describe("a queue that weighs its items", () => {
  const startQueue = () => {
    const calls: string[] = [];
    const queue = new BoundedQueue<number>({
      weigh: (item) => item,
      writer: { pause: () => void calls.push("full"), resume: () => void calls.push("drain") },
    });
    return { queue, calls };
  };

  test("is full with 4 MiB, and asks for more when half of them are read", async () => {
    const { queue, calls } = startQueue();
    for (let items = 0; items < 3; items += 1) queue.push(2 ** 20);
    queue.push(2 ** 20 - 1);
    expect(calls).toEqual([]);
    queue.push(1);
    expect(calls).toEqual(["full"]);
    await queue.pull();
    expect(calls).toEqual(["full"]);
    await queue.pull();
    expect(calls).toEqual(["full", "drain"]);
  });

  test("takes one item of any weight, and asks for more when that is read", async () => {
    const { queue, calls } = startQueue();
    queue.push(2 ** 30);
    expect(calls).toEqual(["full"]);
    expect(await queue.pull()).toBe(2 ** 30);
    expect(calls).toEqual(["full", "drain"]);
  });
});
