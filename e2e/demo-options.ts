/** What differs from the defaults of a test's demo server; times in milliseconds. */
export type DemoOptions = {
  readonly heartbeat?: { readonly interval: number; readonly timeout: number };
  /** How long someone counts as writing who does not say so again. */
  readonly typingTimeout?: number;
};

const hour = 3_600_000;

/** A server that gives up no connection, and forgets nobody who is writing, however slow a test is. */
export const timeless = {
  heartbeat: { interval: hour, timeout: hour },
  typingTimeout: hour,
} as const satisfies DemoOptions;

/** After so many ms without a sign of life the pages of that server ask for one. */
export const silence = 2 * hour;
