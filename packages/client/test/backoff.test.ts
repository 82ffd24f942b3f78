import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { backoff, createWaits } from "../src/backoff.ts";
import { FakePage } from "./fakes.ts";

const least = (): number => 0;
const most = (): number => 1;

test("the window doubles from half a second to thirty", () => {
  const windows = Array.from({ length: 9 }, (_, retry) => backoff(retry));
  expect(windows).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  expect(backoff(5_000)).toBe(30_000);
});

test("while hidden it is the longest", () => {
  expect(backoff(0, true)).toBe(30_000);
});

describe("waits", () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());

  function waiting(random: () => number = () => 0.5) {
    const page = new FakePage();
    const told: unknown[] = [];
    const waits = createWaits({
      random,
      network: page,
      waiting: (until) => void told.push(until),
    });
    const over = vi.fn<() => void>();
    const begin = (atLeast = 0): void => {
      waits.begin(atLeast);
      void waits.over?.then(over);
    };
    return { page, told, waits, over, begin };
  }

  test("a wait says when it ends, and then it does", async () => {
    const { told, waits, over, begin } = waiting();
    begin();
    expect(told).toEqual([{ retryAt: 250 }]);
    await vi.advanceTimersByTimeAsync(249);
    expect(over).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(over).toHaveBeenCalledOnce();
    expect(waits.over).toBeUndefined();
  });

  test("the jitter is full: every wait may be none, the first one too", async () => {
    const { told, over, begin } = waiting(least);
    begin();
    expect(told).toEqual([{ retryAt: 0 }]);
    await vi.advanceTimersByTimeAsync(0);
    expect(over).toHaveBeenCalledOnce();
  });

  test("every wait is drawn anew", () => {
    const draws = [0.1, 0.9];
    const { told, waits, begin } = waiting(() => draws.shift() ?? 0);
    begin();
    waits.reset();
    begin();
    expect(told).toEqual([{ retryAt: 50 }, { retryAt: 450 }]);
  });

  test("a least wait is never undercut, and nobody comes back on the dot", () => {
    const { told, begin } = waiting(most);
    begin(5_000);
    expect(told).toEqual([{ retryAt: 5_500 }]);
  });

  test("nobody is looking: the longest window is drawn from", () => {
    const { page, told, begin } = waiting(most);
    page.shows("hidden");
    begin();
    expect(told).toEqual([{ retryAt: 30_000 }]);
  });

  test("each wait is drawn from a longer window, until all is well", async () => {
    const { told, waits, begin } = waiting(most);
    begin();
    begin();
    begin();
    waits.reset();
    begin();
    expect(told).toEqual([{ retryAt: 500 }, { retryAt: 1_000 }, { retryAt: 2_000 }, { retryAt: 500 }]);
  });

  test("an offline device waits until it is woken", async () => {
    const { page, told, waits, over, begin } = waiting();
    page.goes(false);
    begin();
    expect(told).toEqual([{ offline: true }]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(over).not.toHaveBeenCalled();
    page.goes(true);
    waits.hasten();
    await vi.advanceTimersByTimeAsync(250);
    expect(over).toHaveBeenCalledOnce();
  });

  test("a device that went offline during a wait is waited for", async () => {
    const { page, told, over, begin } = waiting();
    begin();
    page.goes(false);
    await vi.advanceTimersByTimeAsync(250);
    expect(told.at(-1)).toEqual({ offline: true });
    expect(over).not.toHaveBeenCalled();
  });

  test("one that wakes while it calls itself offline is tried all the same", async () => {
    const { page, waits, over, begin } = waiting();
    page.goes(false);
    begin();
    waits.hasten();
    await vi.advanceTimersByTimeAsync(250);
    expect(over).toHaveBeenCalledOnce();
  });

  test("waking shortens a long wait and never lengthens a short one", async () => {
    const draws = [1, 1, 0.2, 0.9];
    const { told, waits, begin } = waiting(() => draws.shift() ?? 0);
    begin();
    begin();
    waits.hasten();
    waits.hasten();
    expect(told).toEqual([{ retryAt: 500 }, { retryAt: 1_000 }, { retryAt: 100 }]);
  });

  test("waking does not undercut the least wait", async () => {
    const { told, waits, over, begin } = waiting(least);
    begin(5_000);
    waits.hasten();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(over).not.toHaveBeenCalled();
    expect(told).toEqual([{ retryAt: 5_000 }]);
  });

  test("a dropped wait never ends, and leaves no timer", async () => {
    const { waits, over, begin } = waiting();
    begin();
    waits.drop();
    expect(vi.getTimerCount()).toBe(0);
    waits.hasten();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(over).not.toHaveBeenCalled();
  });
});
