/** The shortest window, in ms. */
export const first = 500;
const longest = 30_000;

/**
 * The window of the wait before retry `retry` (0 is the first), in ms: 0.5 s · 2^retry, at most 30 s, and all of that
 * while nobody is looking. A wait is drawn evenly from it, from 0 on: full jitter.
 */
export function backoff(retry: number, hidden = false): number {
  return hidden ? longest : Math.min(longest, first * 2 ** retry);
}
