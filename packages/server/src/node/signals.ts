/** Tells a process to end: what supervisors, containers and `kill` send. */
const signal = "SIGTERM";

const closes = new Set<() => Promise<void>>();

/**
 * Calls `close` when this process is told to end, unless the returned function was called before. When all are closed
 * and nobody else listened, the process ends as it would have done.
 */
export function closeOnSignal(close: () => Promise<void>): () => void {
  // First of all, so that those who listen once are still to be seen.
  if (closes.size === 0) process.prependListener(signal, told);
  closes.add(close);
  return () => {
    if (closes.delete(close) && closes.size === 0) process.off(signal, told);
  };
}

function told(): void {
  process.off(signal, told); // the next one has its own way
  const alone = process.listenerCount(signal) === 0;
  void Promise.all(Array.from(closes, (close) => close())).then(() => {
    if (alone) process.kill(process.pid, signal);
  });
}
