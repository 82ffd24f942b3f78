import { describe, expect, test } from "vitest";
import { Mailbox } from "../src/mailbox.ts";

test("items are taken in the order they were put", async () => {
  const mailbox = new Mailbox<number>();
  mailbox.put(1);
  mailbox.put(2);
  expect(mailbox.size).toBe(2);
  expect([await mailbox.take(), await mailbox.take()]).toEqual([1, 2]);
  expect(mailbox.size).toBe(0);
});

test("those who wait are served in the order they came", async () => {
  const mailbox = new Mailbox<number>();
  const both = Promise.all([mailbox.take(), mailbox.take()]);
  mailbox.put(1);
  mailbox.put(2);
  expect(mailbox.size).toBe(0);
  expect(await both).toEqual([1, 2]);
});

test("undefined is an item like any other", async () => {
  const mailbox = new Mailbox<number | undefined>();
  mailbox.put(undefined);
  mailbox.put(1);
  const both = [mailbox.take(), mailbox.take()];
  mailbox.end("over");
  expect(await Promise.allSettled(both)).toEqual([
    { status: "fulfilled", value: undefined },
    { status: "fulfilled", value: 1 },
  ]);
});

test("a long queue keeps its order while it is drained and filled", async () => {
  const mailbox = new Mailbox<number>();
  const taken: number[] = [];
  for (let item = 0; item < 3_000; item += 1) mailbox.put(item);
  for (let item = 3_000; item < 6_000; item += 1) {
    taken.push(await mailbox.take());
    mailbox.put(item);
  }
  expect(mailbox.size).toBe(3_000);
  while (mailbox.size > 0) taken.push(await mailbox.take());
  expect(taken).toEqual(Array.from({ length: 6_000 }, (_, item) => item));
});

describe("how full it is", () => {
  function watched(limit?: number) {
    const told: string[] = [];
    const watch = { full: () => void told.push("full"), roomy: () => void told.push("roomy") };
    return { told, mailbox: new Mailbox<number>({ ...watch, ...(limit !== undefined && { limit }) }) };
  }

  test("is told at the limit, and again once half is taken", async () => {
    const { told, mailbox } = watched(4);
    for (const item of [1, 2, 3]) mailbox.put(item);
    expect(told).toEqual([]);
    for (const item of [4, 5]) mailbox.put(item);
    expect(told).toEqual(["full"]);
    await mailbox.take();
    await mailbox.take();
    expect(told).toEqual(["full"]);
    await mailbox.take();
    expect(told).toEqual(["full", "roomy"]);
    for (const item of [6, 7]) mailbox.put(item);
    expect(told).toEqual(["full", "roomy", "full"]);
  });

  test("is full at 64 unless told otherwise", () => {
    const { told, mailbox } = watched();
    for (let item = 0; item < 63; item += 1) mailbox.put(item);
    expect(told).toEqual([]);
    mailbox.put(63);
    expect(told).toEqual(["full"]);
  });

  test("does not change by what a waiting reader gets", () => {
    const { told, mailbox } = watched(1);
    void mailbox.take();
    mailbox.put(1);
    expect(told).toEqual([]);
  });
});

describe("after the end", () => {
  test("what waits can be taken, then the reason is thrown", async () => {
    const mailbox = new Mailbox<number>();
    mailbox.put(1);
    mailbox.end("over");
    mailbox.put(2);
    mailbox.end("again");
    expect(await mailbox.take()).toBe(1);
    await expect(mailbox.take()).rejects.toBe("over");
    await expect(mailbox.take()).rejects.toBe("over");
  });

  test("those who wait are refused, even without a reason", async () => {
    const mailbox = new Mailbox<number>();
    const taken = [mailbox.take(), mailbox.take()];
    mailbox.end(undefined);
    const refused = { status: "rejected", reason: undefined };
    expect(await Promise.allSettled(taken)).toEqual([refused, refused]);
  });
});
