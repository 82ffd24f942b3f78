import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createWatchdog } from "../../src/connection/watchdog.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const limit = 35_000;

/** A watchdog that stops when it times out. */
function createStoppingWatchdog() {
  const sendProbe = vi.fn<() => void>();
  const onTimeout = vi.fn<(reason: string) => void>(() => watchdog.stop());
  const watchdog = createWatchdog({ sendProbe, onTimeout });
  return { watchdog, onTimeout, sendProbe };
}

/** The device sleeps: its clock goes on, its timers do not. */
function sleep(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

test("it probes five seconds before the limit, and times out at the limit", () => {
  const { watchdog, onTimeout, sendProbe } = createStoppingWatchdog();
  watchdog.start(limit);
  vi.advanceTimersByTime(29_999);
  expect(sendProbe).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(sendProbe).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(4_999);
  expect(onTimeout).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onTimeout).toHaveBeenCalledExactlyOnceWith("the server did not answer a probe");
  expect(vi.getTimerCount()).toBe(0);
});

test.each([
  ["600 ms", 600, 300],
  ["less than 500 ms, which is 500,", 200, 250],
])("half of a limit of %s is for silence, and half for the answer", (_, named, half) => {
  const { watchdog, onTimeout, sendProbe } = createStoppingWatchdog();
  watchdog.start(named);
  vi.advanceTimersByTime(half - 1);
  expect(sendProbe).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(sendProbe).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(half - 1);
  expect(onTimeout).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onTimeout).toHaveBeenCalledOnce();
});

test("any message restarts the limit, and frequent messages make probes needless", () => {
  const { watchdog, onTimeout, sendProbe } = createStoppingWatchdog();
  watchdog.start(limit);
  for (let beat = 0; beat < 10; beat += 1) {
    vi.advanceTimersByTime(25_000);
    watchdog.received();
  }
  expect(sendProbe).not.toHaveBeenCalled();
  vi.advanceTimersByTime(limit);
  expect(onTimeout).toHaveBeenCalledOnce();
});

test("without a limit it neither probes nor times out", () => {
  const { watchdog, onTimeout, sendProbe } = createStoppingWatchdog();
  watchdog.start();
  vi.advanceTimersByTime(600_000);
  expect(onTimeout).not.toHaveBeenCalled();
  expect(sendProbe).not.toHaveBeenCalled();
});

test("after sleep it probes before it times out, and an answer keeps the wire", () => {
  const { watchdog, onTimeout, sendProbe } = createStoppingWatchdog();
  watchdog.start(limit);
  vi.advanceTimersByTime(20_000);
  sleep(3_600_000);
  vi.advanceTimersByTime(10_000);
  expect(sendProbe).toHaveBeenCalledOnce();
  expect(onTimeout).not.toHaveBeenCalled();
  watchdog.received();
  vi.advanceTimersByTime(29_999);
  expect(sendProbe).toHaveBeenCalledOnce();
  expect(onTimeout).not.toHaveBeenCalled();
});

test("it probes within ten seconds after the clock has jumped", () => {
  const { watchdog, onTimeout, sendProbe } = createStoppingWatchdog();
  watchdog.start(limit);
  vi.advanceTimersByTime(1_000);
  sleep(3_600_000);
  vi.advanceTimersByTime(9_000);
  expect(sendProbe).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(5_000);
  expect(onTimeout).toHaveBeenCalledOnce();
});

test("an answered probe does not time out, and a pending one is not sent again", () => {
  const { watchdog, onTimeout, sendProbe } = createStoppingWatchdog();
  watchdog.start(limit);
  watchdog.probe();
  watchdog.probe();
  expect(sendProbe).toHaveBeenCalledOnce();
  watchdog.received();
  vi.advanceTimersByTime(20_000);
  expect(onTimeout).not.toHaveBeenCalled();
});

test("a probe without an answer times out after five seconds, whatever the limit", () => {
  const { watchdog, onTimeout } = createStoppingWatchdog();
  watchdog.start();
  watchdog.probe();
  vi.advanceTimersByTime(5_000);
  expect(onTimeout).toHaveBeenCalledOnce();
});

test("it times out though the clock was set back", () => {
  const { watchdog, onTimeout } = createStoppingWatchdog();
  watchdog.start(limit);
  sleep(-3_600_000);
  vi.advanceTimersByTime(70_000);
  expect(onTimeout).toHaveBeenCalledOnce();
});

test("a limit of a year starts no timer that overflows", () => {
  const { watchdog, sendProbe } = createStoppingWatchdog();
  const timers = vi.spyOn(globalThis, "setTimeout");
  watchdog.start(365 * 86_400_000);
  vi.advanceTimersByTime(86_400_000);
  expect(sendProbe).not.toHaveBeenCalled();
  expect(timers.mock.calls.every(([, ms]) => Number(ms) < 2 ** 31)).toBe(true);
});

test("a stopped watchdog does not probe, and has no timer", () => {
  const { watchdog, onTimeout, sendProbe } = createStoppingWatchdog();
  watchdog.start(limit);
  watchdog.probe();
  watchdog.stop();
  expect(vi.getTimerCount()).toBe(0);
  watchdog.probe();
  expect(sendProbe).toHaveBeenCalledOnce();
  expect(onTimeout).not.toHaveBeenCalled();
});
