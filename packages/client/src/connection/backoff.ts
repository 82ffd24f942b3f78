/** The shortest window, in ms. */
export const shortestWindow = 500;
const longestWindow = 30_000;

/**
 * The window of the wait before retry `retry` (0 is the first), in ms: 0.5 s · 2^retry, at most 30 s, and always 30 s
 * while the page is hidden. The caller draws the wait evenly between 0 and the window (full jitter).
 */
export function backoff(retry: number, hidden = false): number {
  return hidden ? longestWindow : Math.min(longestWindow, shortestWindow * 2 ** retry);
}
