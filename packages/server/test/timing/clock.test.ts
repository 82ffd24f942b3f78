import { afterEach, describe, expect, test, vi } from "vitest";
import { Clock, SystemClock } from "../../src/timing/clock.ts";
import { gate } from "../gate.ts";

describe("a clock", () => {
  test("stands still until it is advanced", () => {
    const clock = new Clock();
    expect(clock.now).toBe(0);
    clock.advance(30);
    clock.advance(12);
    expect(clock.now).toBe(42);
  });

  test("steps each subscriber with the time, until that one unsubscribes", () => {
    const clock = new Clock();
    const steps: string[] = [];
    const unsubscribe = clock.subscribe({ step: (now) => steps.push(`a${now}`) });
    clock.subscribe({ step: (now) => steps.push(`b${now}`) });
    clock.advance(10);
    unsubscribe();
    unsubscribe();
    clock.advance(10);
    expect(steps).toEqual(["a10", "b10", "b20"]);
  });

  test("makes a planned call once, not before its time and never again", () => {
    const clock = new Clock();
    clock.advance(1_000);
    const callback = vi.fn();
    clock.after(100, callback);
    clock.advance(99);
    expect(callback).not.toHaveBeenCalled();
    clock.advance(1);
    clock.advance(1_000);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test("does not make a call that was cancelled", () => {
    const clock = new Clock();
    const callback = vi.fn();
    const cancel = clock.after(100, callback);
    cancel();
    clock.advance(100);
    expect(callback).not.toHaveBeenCalled();
  });

  test("lets a call plan the next one, which counts from then", () => {
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

describe("waiting for work", () => {
  class CountingClock extends Clock {
    subscribers = 0;

    protected override onSubscribersChange(count: number): void {
      this.subscribers = count;
    }
  }

  function waitForWork() {
    const clock = new CountingClock();
    const { open, passed } = gate();
    const log: string[] = [];
    const waited = clock.settled(passed, 100).then(() => log.push(`waited until ${clock.now}`));
    return { clock, finish: open, log, waited };
  }

  test("ends when the work has settled, and leaves no subscriber", async () => {
    const { clock, finish, log, waited } = waitForWork();
    clock.advance(50);
    finish();
    await waited;
    expect([log, clock.subscribers]).toEqual([["waited until 50"], 0]);
  });

  test("ends after so many ms when the work does not settle", async () => {
    const { clock, log, waited } = waitForWork();
    clock.advance(99);
    await Promise.resolve();
    expect(log).toEqual([]);
    clock.advance(1);
    await waited;
    expect([log, clock.subscribers]).toEqual([["waited until 100"], 0]);
  });
});

describe("the system's clock", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  test("has one timer for all subscribers, and no timer without a subscriber", () => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    expect(vi.getTimerCount()).toBe(0);
    const unsubscribes = [clock.subscribe({ step: () => {} }), clock.subscribe({ step: () => {} })];
    expect(vi.getTimerCount()).toBe(1);
    for (const unsubscribe of unsubscribes) unsubscribe();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("steps its subscribers every 100 ms", () => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    const steps: number[] = [];
    clock.subscribe({ step: (now) => steps.push(now) });
    vi.advanceTimersByTime(300);
    expect(steps).toEqual([100, 200, 300]);
  });

  test("is behind by the time since its last sweep, also during the sweep after it", () => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    expect(clock.behind).toBe(0);
    const during: number[] = [];
    clock.subscribe({ step: () => during.push(clock.behind) });
    const resumedAt = performance.now() + 12_000;
    vi.spyOn(performance, "now").mockReturnValue(resumedAt);
    expect(clock.behind).toBe(12_000);
    vi.advanceTimersByTime(100);
    expect([during, clock.behind]).toEqual([[12_000], 0]);
  });

  test("does not count the time in which it has no subscriber", () => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    clock.subscribe({ step: () => {} })();
    vi.advanceTimersByTime(60_000);
    clock.subscribe({ step: () => {} });
    vi.advanceTimersByTime(100);
    expect(clock.now).toBe(100);
  });

  test("counts 1 s of the time in which the process was suspended", () => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    clock.subscribe({ step: () => {} });
    const resumedAt = performance.now() + 3_600_000;
    vi.spyOn(performance, "now").mockReturnValue(resumedAt);
    vi.advanceTimersByTime(100);
    expect(clock.now).toBe(1_000);
  });
});
