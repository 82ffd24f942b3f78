/** The longest delay of a timer, in ms: a platform starts a timer with a longer one at once. */
const longestDelay = 2 ** 31 - 1;

/** Calls `act` in `ms` ms, or in 24.8 days if that is less; the returned function cancels that. */
export function startTimer(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, Math.min(ms, longestDelay));
  return () => clearTimeout(timer);
}

/** Resolves in `ms` ms; without them, in a later turn of the event loop. */
export function delay(ms = 0): Promise<void> {
  return new Promise((resolve) => void startTimer(ms, resolve));
}

/** A timer with at most one pending call. */
export interface Timer {
  /**
   * Calls `act` once, in `ms` ms, instead of what was pending. Timers stand still while the device sleeps, so the clock is
   * read every `step` ms: time that has passed there counts. A clock that is set back changes nothing.
   * @default step `ms`: the clock is not read
   */
  readonly start: (ms: number, act: () => void, step?: number) => void;
  /** Cancels the pending call, if there is one. */
  readonly stop: () => void;
}

/** Makes a timer. This is the one file of the client that uses timers. */
export function createTimer(): Timer {
  let stop = (): void => {};

  function start(ms: number, act: () => void, step = ms): void {
    const began = Date.now();
    stop();
    stop = startTimer(Math.min(ms, step), () => {
      const remaining = ms - Math.max(step, Date.now() - began);
      if (remaining > 0) start(remaining, act, step);
      else act();
    });
  }

  return { start, stop: () => stop() };
}
