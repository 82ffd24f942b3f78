import type { Clock } from "./clock.ts";

/** Waits for the application's code, but not longer than `ms` for one that never settles. `work` must not reject. */
export function waitAtMost(clock: Clock, work: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = clock.after(ms, resolve);
    void work.finally(() => {
      stop();
      resolve();
    });
  });
}
