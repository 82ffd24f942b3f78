import { afterEach, describe, expect, test, vi } from "vitest";
import { Clock, SystemClock } from "../../src/timing/clock.ts";

describe("a clock", () => {
  test("stands still until it is advanced", () => {
    const clock = new Clock();
    expect(clock.now).toBe(0);
    clock.advance(30);
    clock.advance(12);
    expect(clock.now).toBe(42);
  });

  test("steps each watcher with the time it is, until that one stops watching", () => {
    const clock = new Clock();
    const steps: string[] = [];
    const stop = clock.subscribe({ step: (now) => steps.push(`a${now}`) });
    clock.subscribe({ step: (now) => steps.push(`b${now}`) });
    clock.advance(10);
    stop();
    stop();
    clock.advance(10);
    expect(steps).toEqual(["a10", "b10", "b20"]);
  });

  test("calls what is due once, not before its time and never again", () => {
    const clock = new Clock();
    clock.advance(1_000);
    const due = vi.fn();
    clock.after(100, due);
    clock.advance(99);
    expect(due).not.toHaveBeenCalled();
    clock.advance(1);
    clock.advance(1_000);
    expect(due).toHaveBeenCalledTimes(1);
  });

  test("does not call what was given up", () => {
    const clock = new Clock();
    const due = vi.fn();
    const stop = clock.after(100, due);
    stop();
    clock.advance(100);
    expect(due).not.toHaveBeenCalled();
  });

  test("lets something due start the next wait, which counts from then", () => {
    const clock = new Clock();
    const times: number[] = [];
    clock.after(10, () => {
      times.push(clock.now);
      clock.after(10, () => times.push(clock.now));
    });
    clock.advance(10);
    expect(times).toEqual([10]);
    clock.advance(10);
    expect(times).toEqual([10, 20]);
  });
});

describe("the system's clock", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  test("has one timer for any number of watchers, and none for none", () => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    expect(vi.getTimerCount()).toBe(0);
    const stops = [clock.subscribe({ step: () => {} }), clock.subscribe({ step: () => {} })];
    expect(vi.getTimerCount()).toBe(1);
    for (const stop of stops) stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("steps its watchers every 100 ms", () => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    const steps: number[] = [];
    clock.subscribe({ step: (now) => steps.push(now) });
    vi.advanceTimersByTime(300);
    expect(steps).toEqual([100, 200, 300]);
  });

  test("does not count the time in which nobody watched", () => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    clock.subscribe({ step: () => {} })();
    vi.advanceTimersByTime(60_000);
    clock.subscribe({ step: () => {} });
    vi.advanceTimersByTime(100);
    expect(clock.now).toBe(100);
  });

  test("goes on gently after the process was suspended", () => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    clock.subscribe({ step: () => {} });
    const woken = performance.now() + 3_600_000;
    vi.spyOn(performance, "now").mockReturnValue(woken);
    vi.advanceTimersByTime(100);
    expect(clock.now).toBe(1_000);
  });
});
