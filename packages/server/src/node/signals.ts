/** The signal by which supervisors, containers and `kill` end a process. */
const signal = "SIGTERM";

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
