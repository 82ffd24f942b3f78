/** How a test's demo server differs from the default; all times are in ms. */
export type ServerOptions = {
  /** When the server pings a silent client, and when it closes the connection. */
  readonly heartbeat?: { readonly interval: number; readonly timeout: number };
  /** After this time a person whose page does not repeat its report no longer counts as typing. */
  readonly typingTimeout?: number;
};

const hour = 3_600_000;

/** A server whose timeouts no test reaches, however slow the machine is: only a test that moves a page's clock does. */
export const longTimeouts = {
  heartbeat: { interval: hour, timeout: hour },
  typingTimeout: hour,
} as const satisfies ServerOptions;

/** After this time without a frame from a server with `longTimeouts`, a page probes the connection, in ms. */
export const silenceLimit = 2 * hour;
