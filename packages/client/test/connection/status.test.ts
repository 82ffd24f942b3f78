import { afterEach, expect, test, vi } from "vitest";
import { createValue } from "../../src/connection/status.ts";

afterEach(() => void vi.restoreAllMocks());

test("a watcher is told new values, and not the present one", () => {
  const value = createValue(1);
  const told: number[] = [];
  value.subscribe((now) => told.push(now));
  value.set(2);
  value.set(3);
  expect(told).toEqual([2, 3]);
  expect(value.value).toBe(3);
});

test("the same value again tells nobody", () => {
  const value = createValue(1);
  const told: number[] = [];
  value.subscribe((now) => told.push(now));
  value.set(1);
  expect(told).toEqual([]);
});

test("a watcher that throws does not stop the others, and its error is on the console", () => {
  const console = vi.spyOn(globalThis.console, "error").mockImplementation(() => {});
  const value = createValue(1);
  const told: number[] = [];
  const broken = new Error("broken watcher");
  value.subscribe(() => {
    throw broken;
  });
  value.subscribe((now) => told.push(now));
  value.set(2);
  expect(told).toEqual([2]);
  expect(console).toHaveBeenCalledWith(broken);
});

test("each watch is a subscription of its own, and ends on its own", () => {
  const value = createValue(1);
  const told: number[] = [];
  const listener = (now: number): void => void told.push(now);
  const unwatch = value.subscribe(listener);
  value.subscribe(listener);
  value.set(2);
  unwatch();
  unwatch();
  value.set(3);
  expect(told).toEqual([2, 2, 3]);
});

test("a watcher that is gone is not told, even by the change that made it go", () => {
  const value = createValue(1);
  const told: number[] = [];
  value.subscribe(() => unwatch());
  const unwatch = value.subscribe((now) => told.push(now));
  value.set(2);
  expect(told).toEqual([]);
});

test("a watcher that sets the value leaves everybody with the newest", () => {
  const value = createValue(1);
  const told: number[] = [];
  value.subscribe((now) => now === 2 && value.set(3));
  value.subscribe((now) => told.push(now));
  value.set(2);
  expect(told).toEqual([3]);
});
