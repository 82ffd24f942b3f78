import { describe, expect, test } from "vitest";
import { BoundedQueue } from "../../src/async/bounded-queue.ts";

describe("how full it is", () => {
  function watched(limit?: number) {
    const told: string[] = [];
    const watch = { onFull: () => void told.push("full"), onDrain: () => void told.push("roomy") };
    return { told, mailbox: new BoundedQueue<number>({ ...watch, ...(limit !== undefined && { limit }) }) };
  }

  test("is told at the limit, and again once half is taken", async () => {
    const { told, mailbox } = watched(4);
    for (const item of [1, 2, 3]) mailbox.push(item);
    expect(told).toEqual([]);
    for (const item of [4, 5]) mailbox.push(item);
    expect(told).toEqual(["full"]);
    await mailbox.pull();
    await mailbox.pull();
    expect(told).toEqual(["full"]);
    await mailbox.pull();
    expect(told).toEqual(["full", "roomy"]);
    for (const item of [6, 7]) mailbox.push(item);
    expect(told).toEqual(["full", "roomy", "full"]);
  });

  test("is full at 64 unless told otherwise", () => {
    const { told, mailbox } = watched();
    for (let item = 0; item < 63; item += 1) mailbox.push(item);
    expect(told).toEqual([]);
    mailbox.push(63);
    expect(told).toEqual(["full"]);
  });

  test("does not change after the end", () => {
    const { told, mailbox } = watched(1);
    mailbox.end("over");
    mailbox.push(1);
    expect(told).toEqual([]);
  });

  test("does not change by what a waiting reader gets", () => {
    const { told, mailbox } = watched(1);
    void mailbox.pull();
    mailbox.push(1);
    expect(told).toEqual([]);
  });
});
