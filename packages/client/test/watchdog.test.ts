import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createWatchdog } from "../src/watchdog.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const limit = 35_000;

function watching(asks = true) {
  const ask = vi.fn<() => void>();
  const dead = vi.fn<(why: string) => void>();
  const watchdog = createWatchdog({
    ask: asks ? ask : undefined,
    dead: (why) => {
      dead(why);
      watchdog.stop();
    },
  });
  return { watchdog, dead, ask };
}

/** The machine slept: the clock went on, the timers did not. */
function sleep(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

test("silence longer than the heartbeat and its timeout is death", () => {
  const { watchdog, dead } = watching();
  watchdog.watch(limit);
  vi.advanceTimersByTime(35_000);
  expect(dead).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(dead).toHaveBeenCalledExactlyOnceWith("nothing arrived for 35000 ms");
  expect(vi.getTimerCount()).toBe(0);
});

test("whatever is heard is life", () => {
  const { watchdog, dead } = watching();
  watchdog.watch(limit);
  for (let beat = 0; beat < 10; beat += 1) {
    vi.advanceTimersByTime(30_000);
    watchdog.heard();
  }
  expect(dead).not.toHaveBeenCalled();
  vi.advanceTimersByTime(35_001);
  expect(dead).toHaveBeenCalledOnce();
});

test("without a heartbeat silence is no sign", () => {
  const { watchdog, dead, ask } = watching();
  watchdog.watch();
  vi.advanceTimersByTime(600_000);
  expect(dead).not.toHaveBeenCalled();
  expect(ask).not.toHaveBeenCalled();
});

test("a timer that comes much too late slept, and asks instead of judging", () => {
  const { watchdog, dead, ask } = watching();
  watchdog.watch(limit);
  sleep(3_600_000);
  vi.advanceTimersByTime(30_001);
  expect(ask).toHaveBeenCalledOnce();
  expect(dead).not.toHaveBeenCalled();
  vi.advanceTimersByTime(5_000);
  expect(dead).toHaveBeenCalledExactlyOnceWith("a probe was not answered in time");
});

test("sleep is noticed without a heartbeat too", () => {
  const { watchdog, ask } = watching();
  watchdog.watch();
  sleep(3_600_000);
  vi.advanceTimersByTime(30_001);
  expect(ask).toHaveBeenCalledOnce();
});

test("a probe that is answered is over", () => {
  const { watchdog, dead, ask } = watching();
  watchdog.watch(limit);
  watchdog.probe();
  watchdog.probe();
  expect(ask).toHaveBeenCalledOnce();
  watchdog.heard();
  vi.advanceTimersByTime(20_000);
  expect(dead).not.toHaveBeenCalled();
});

test("where nothing can be asked a probe proves nothing", () => {
  const { watchdog, dead } = watching(false);
  watchdog.watch(limit);
  watchdog.probe();
  vi.advanceTimersByTime(20_000);
  expect(dead).not.toHaveBeenCalled();
});

test("a clock that is set back does not blind it", () => {
  const { watchdog, dead } = watching();
  watchdog.watch(limit);
  sleep(-3_600_000);
  vi.advanceTimersByTime(70_010);
  expect(dead).toHaveBeenCalledOnce();
});

test("a watchdog that was stopped keeps still, and keeps no timer", () => {
  const { watchdog, dead, ask } = watching();
  watchdog.watch(limit);
  watchdog.probe();
  watchdog.stop();
  expect(vi.getTimerCount()).toBe(0);
  watchdog.probe();
  expect(ask).toHaveBeenCalledOnce();
  expect(dead).not.toHaveBeenCalled();
});
