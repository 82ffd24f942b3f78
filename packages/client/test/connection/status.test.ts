import { afterEach, expect, test, vi } from "vitest";
import { createValue } from "../../src/connection/status.ts";

afterEach(() => void vi.restoreAllMocks());

/** A value, and what a listener has received of it. */
function subscribed() {
  const value = createValue(1);
  const received: number[] = [];
  const unsubscribe = value.subscribe((now) => received.push(now));
  return { value, received, unsubscribe };
}

test("a listener receives new values, and not the present one", () => {
  const { value, received } = subscribed();
  value.set(2);
  value.set(3);
  expect(received).toEqual([2, 3]);
  expect(value.value).toBe(3);
});

test("setting the present value again calls no listener", () => {
  const { value, received } = subscribed();
  value.set(1);
  expect(received).toEqual([]);
});

test("a listener that throws does not stop the others, and its error is on the console", () => {
  const console = vi.spyOn(globalThis.console, "error").mockImplementation(() => {});
  const value = createValue(1);
  const received: number[] = [];
  const broken = new Error("broken listener");
  value.subscribe(() => {
    throw broken;
  });
  value.subscribe((now) => received.push(now));
  value.set(2);
  expect(received).toEqual([2]);
  expect(console).toHaveBeenCalledWith(broken);
});

test("each call of subscribe makes another subscription, and each subscription ends separately", () => {
  const value = createValue(1);
  const received: number[] = [];
  const listener = (now: number): void => void received.push(now);
  const unsubscribe = value.subscribe(listener);
  value.subscribe(listener);
  value.set(2);
  unsubscribe();
  unsubscribe();
  value.set(3);
  expect(received).toEqual([2, 2, 3]);
});

test("a listener that was removed is not called, not even for the change that removed it", () => {
  const value = createValue(1);
  const received: number[] = [];
  value.subscribe(() => unsubscribe());
  const unsubscribe = value.subscribe((now) => received.push(now));
  value.set(2);
  expect(received).toEqual([]);
});

test("when a listener sets the value, the others receive only the newest", () => {
  const value = createValue(1);
  const received: number[] = [];
  value.subscribe((now) => now === 2 && value.set(3));
  value.subscribe((now) => received.push(now));
  value.set(2);
  expect(received).toEqual([3]);
});
