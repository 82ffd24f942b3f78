import { expect, test } from "vitest";
import { DrainSignal } from "../../src/async/drain.ts";

test("all writers wait for the same promise until release", async () => {
  const signal = new DrainSignal();
  expect(signal.waiting).toBeUndefined();
  const waiting = signal.wait();
  expect([signal.wait(), signal.waiting]).toEqual([waiting, waiting]);
  signal.release();
  await expect(waiting).resolves.toBeUndefined();
  expect(signal.waiting).toBeUndefined();
});

test("release does nothing while no writer waits", async () => {
  const signal = new DrainSignal();
  signal.release();
  const waiting = signal.wait();
  expect(signal.waiting).toBe(waiting);
});
