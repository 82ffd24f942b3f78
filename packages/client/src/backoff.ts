import { Alarm } from "./alarm.ts";
import { isOnline, isVisible, type NetworkScope } from "./network.ts";

const first = 500;
const longest = 30_000;

/**
 * The window of the wait before retry `retry` (0 is the first), in ms: 0.5 s · 2^retry, at most 30 s, and all of that
 * while nobody is looking. A wait is drawn evenly from it, from 0 on: full jitter.
 */
export function backoff(retry: number, hidden = false): number {
  return hidden ? longest : Math.min(longest, first * 2 ** retry);
}

/** What the waits of a connection depend on. */
export interface WaitsOptions {
  /** Gives numbers from 0 to 1, as `Math.random` does. */
  readonly random: () => number;
  /** Whose word is taken on being online and visible. */
  readonly network: NetworkScope;
  /** A wait began or changed: it ends at `retryAt`, in ms since the epoch, or when the device is online. */
  readonly waiting: (until: { readonly retryAt: number } | { readonly offline: true }) => void;
}

/** The waits between one try and the next, each drawn from a longer window than the one before. */
export interface Waits {
  /** Resolves when the present wait is over, never when it is dropped; undefined when there is none. */
  readonly over: Promise<void> | undefined;
  /**
   * Begins a wait, of at least `atLeast` ms: the jitter comes on top, so that not everybody returns on the dot.
   * An offline device's wait lasts until it is online.
   */
  readonly begin: (atLeast: number) => void;
  /** Something woke: the wait ends soon, though not everybody's at once, nor before the server wants us. */
  readonly hasten: () => void;
  /** All is well: the next wait is drawn from the shortest window again. */
  readonly reset: () => void;
  /** Drops the present wait. */
  readonly drop: () => void;
}

/** Makes the waits of one connection; none has begun. */
export function createWaits({ random, network, waiting }: WaitsOptions): Waits {
  const alarm = new Alarm();
  let retries = 0;
  let over: Promise<void> | undefined;
  let end = (): void => {};
  let notBefore = 0;
  let endsAt = Infinity;

  function drop(): void {
    alarm.clear();
    endsAt = Infinity;
    over = undefined;
  }

  function finish(): void {
    drop();
    end();
  }

  /** Draws the wait's end; one that is to end sooner stays. */
  function until(window: number, then: () => void): void {
    const now = Date.now();
    const retryAt = Math.max(now, notBefore) + random() * window;
    if (retryAt >= endsAt) return;
    endsAt = retryAt;
    alarm.set(retryAt - now, then);
    waiting({ retryAt });
  }

  function untilOnline(): void {
    endsAt = Infinity;
    waiting({ offline: true });
  }

  return {
    get over() {
      return over;
    },
    begin(atLeast) {
      drop();
      over = new Promise((resolve) => (end = resolve));
      notBefore = Date.now() + atLeast;
      const window = backoff(retries, !isVisible(network));
      retries += 1;
      if (atLeast > 0 || isOnline(network))
        until(window, () => (isOnline(network) ? finish() : untilOnline()));
      else untilOnline();
    },
    hasten() {
      // Even when the device says that it is offline: it may be wrong, and someone is looking.
      if (over) until(first, finish);
    },
    reset() {
      retries = 0;
    },
    drop,
  };
}
