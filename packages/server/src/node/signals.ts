/** The signal by which supervisors, containers and `kill` end a process. */
const signal = "SIGTERM";

/** How long a server that closes waits at most, in ms. */
export interface ShutdownTimeouts {
  /** For clients to answer a close frame. */
  readonly clients: number;
  /** For HTTP requests and undecided handshakes, and then for handlers and hooks whose clients have disconnected. */
  readonly handlers: number;
}

/** The timeouts of a server, except under `node --watch`. */
export const shutdownTimeouts: ShutdownTimeouts = { clients: 5_000, handlers: 3_000 };

/** How a server is closed. */
export interface Shutdown {
  /** How long clients may take to reconnect elsewhere first, in ms. */
  readonly drain: number;
  readonly timeouts: ShutdownTimeouts;
}

/**
 * How a SIGTERM closes a server whose option `drain` is this. A developer who restarts the server does not wait for clients:
 * `node --watch`, which sets the variable, starts the next process when this one has ended.
 */
export function signalShutdown(
  drain: number | undefined,
  { WATCH_REPORT_DEPENDENCIES: watch, NODE_ENV: mode }: NodeJS.ProcessEnv = process.env,
): Shutdown {
  if (watch !== undefined) return { drain: 0, timeouts: { clients: 100, handlers: 100 } };
  return { drain: drain ?? (mode === "production" ? 5_000 : 0), timeouts: shutdownTimeouts };
}

const closes = new Set<() => Promise<void>>();

/**
 * Calls `close` when this process gets a SIGTERM. When all servers are closed and no other code listens to the signal,
 * the process ends as it would have without a server.
 * @returns cancels the call.
 */
export function closeOnSignal(close: () => Promise<void>): () => void {
  // First in the list, so that listeners which are added by `once` are still there when it runs.
  if (closes.size === 0) process.prependListener(signal, closeAll);
  closes.add(close);
  return () => {
    if (closes.delete(close) && closes.size === 0) process.off(signal, closeAll);
  };
}

function closeAll(): void {
  process.off(signal, closeAll); // a second signal ends the process
  const isOnlyListener = process.listenerCount(signal) === 0;
  void Promise.all(Array.from(closes, (close) => close())).then(() => {
    if (isOnlyListener) process.kill(process.pid, signal);
  });
}
