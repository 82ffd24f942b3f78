import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createWatchdog } from "../../src/connection/watchdog.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const limit = 35_000;

function watching() {
  const ask = vi.fn<() => void>();
  const dead = vi.fn<(why: string) => void>(() => watchdog.stop());
  const watchdog = createWatchdog({ sendProbe: ask, onDead: dead });
  return { watchdog, dead, ask };
}

/** The machine slept: the clock went on, the timers did not. */
function sleep(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

test("silence is asked five seconds before its limit, and is death when it gets there", () => {
  const { watchdog, dead, ask } = watching();
  watchdog.start(limit);
  vi.advanceTimersByTime(29_999);
  expect(ask).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(ask).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(4_999);
  expect(dead).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(dead).toHaveBeenCalledExactlyOnceWith("nothing is heard any more");
  expect(vi.getTimerCount()).toBe(0);
});

test("a short limit is half for silence, half for the answer", () => {
  const { watchdog, dead, ask } = watching();
  watchdog.start(200);
  vi.advanceTimersByTime(100);
  expect(ask).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(99);
  expect(dead).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(dead).toHaveBeenCalledOnce();
});

test("whatever is heard is life, and what is heard often is not asked", () => {
  const { watchdog, dead, ask } = watching();
  watchdog.start(limit);
  for (let beat = 0; beat < 10; beat += 1) {
    vi.advanceTimersByTime(25_000);
    watchdog.received();
  }
  expect(ask).not.toHaveBeenCalled();
  vi.advanceTimersByTime(limit);
  expect(dead).toHaveBeenCalledOnce();
});

test("without a limit silence is no sign", () => {
  const { watchdog, dead, ask } = watching();
  watchdog.start();
  vi.advanceTimersByTime(600_000);
  expect(dead).not.toHaveBeenCalled();
  expect(ask).not.toHaveBeenCalled();
});

test("after sleep it asks instead of judging, and an answer is life", () => {
  const { watchdog, dead, ask } = watching();
  watchdog.start(limit);
  vi.advanceTimersByTime(20_000);
  sleep(3_600_000);
  vi.advanceTimersByTime(10_000);
  expect(ask).toHaveBeenCalledOnce();
  expect(dead).not.toHaveBeenCalled();
  watchdog.received();
  vi.advanceTimersByTime(29_999);
  expect(ask).toHaveBeenCalledOnce();
  expect(dead).not.toHaveBeenCalled();
});

test("a clock that jumped is noticed within ten seconds", () => {
  const { watchdog, dead, ask } = watching();
  watchdog.start(limit);
  vi.advanceTimersByTime(1_000);
  sleep(3_600_000);
  vi.advanceTimersByTime(9_000);
  expect(ask).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(5_000);
  expect(dead).toHaveBeenCalledOnce();
});

test("a probe that is answered is over", () => {
  const { watchdog, dead, ask } = watching();
  watchdog.start(limit);
  watchdog.probe();
  watchdog.probe();
  expect(ask).toHaveBeenCalledOnce();
  watchdog.received();
  vi.advanceTimersByTime(20_000);
  expect(dead).not.toHaveBeenCalled();
});

test("a probe that is not answered within five seconds is death, however long silence may last", () => {
  const { watchdog, dead } = watching();
  watchdog.start();
  watchdog.probe();
  vi.advanceTimersByTime(5_000);
  expect(dead).toHaveBeenCalledOnce();
});

test("a clock that is set back does not blind it", () => {
  const { watchdog, dead } = watching();
  watchdog.start(limit);
  sleep(-3_600_000);
  vi.advanceTimersByTime(70_000);
  expect(dead).toHaveBeenCalledOnce();
});

test("a limit of a year sets no timer that overflows", () => {
  const { watchdog, ask } = watching();
  const timers = vi.spyOn(globalThis, "setTimeout");
  watchdog.start(365 * 86_400_000);
  vi.advanceTimersByTime(86_400_000);
  expect(ask).not.toHaveBeenCalled();
  expect(timers.mock.calls.every(([, ms]) => Number(ms) < 2 ** 31)).toBe(true);
});

test("a watchdog that was stopped keeps still, and keeps no timer", () => {
  const { watchdog, dead, ask } = watching();
  watchdog.start(limit);
  watchdog.probe();
  watchdog.stop();
  expect(vi.getTimerCount()).toBe(0);
  watchdog.probe();
  expect(ask).toHaveBeenCalledOnce();
  expect(dead).not.toHaveBeenCalled();
});
