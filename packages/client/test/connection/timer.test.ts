import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startTimer, createTimer } from "../../src/connection/timer.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each([2 ** 31, 2 ** 53 - 1, Infinity])(
  "a timer of %d ms acts after 24.8 days, and not at once",
  (ms) => {
    const act = vi.fn<() => void>();
    const cancel = startTimer(ms, act);
    createTimer().start(ms, act);
    vi.advanceTimersByTime(2 ** 31 - 2);
    expect(act).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(act).toHaveBeenCalledTimes(2);
    cancel();
  },
);
