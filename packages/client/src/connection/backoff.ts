/** When a client dials again. The wait before each dial is random: from 0 to `min` · `factor`ⁿ, at most `max`. */
export interface ReconnectOptions {
  /** The longest wait before the first retry, in ms. @default 250 */
  readonly min?: number;
  /** The longest wait before any retry, in ms. A hidden page may wait six times as long. @default 5,000 */
  readonly max?: number;
  /** How much longer each wait may be than the one before. @default 2 */
  readonly factor?: number;
  /** After so many retries without success the client ends, with the last failure. @default Infinity */
  readonly retries?: number;
}

/** A wire that ended sooner after its `welcome` died young, in ms. */
export const youngUntil = 10_000;

/** The longest wait before retry `retry` (0 is the first), in ms. The caller draws the wait evenly from 0 on (full jitter). */
export function backoff(
  retry: number,
  { min = 250, max = 5_000, factor = 2 }: ReconnectOptions = {},
  hidden = false,
): number {
  return Math.min(hidden ? max * 6 : max, min * factor ** retry);
}

/**
 * The shortest wait after `young` wires in a row that died young, in ms: a server that accepts and then drops its clients
 * gets few dials, whatever the options are.
 */
export function shortestWait(young: number): number {
  return young && backoff(young);
}
