/** Steps of a loop after which timers, sockets and other clients get their turn. */
const maxSteps = 128;
/** Bytes that these steps may have written. */
const maxBytes: number = 2 ** 18;

type Schedule = (action: () => void) => unknown;

/**
 * Counts the steps of a loop. A loop that waits for promises alone never leaves the microtask queue as long as each is
 * resolved: no timer, no socket and no other client is served meanwhile. So it awaits what `step` returns.
 */
export class LoopBudget {
  #steps = 0;
  #bytes = 0;

  /**
   * Counts a step that wrote so many bytes.
   * @returns undefined, or a promise that resolves after the event loop has run.
   */
  step(bytes: number): Promise<void> | undefined {
    this.#steps += 1;
    this.#bytes += bytes;
    if (this.#steps < maxSteps && this.#bytes < maxBytes) return undefined;
    this.#steps = this.#bytes = 0;
    return new Promise((resolve) => void schedule()(resolve));
  }
}

/** How the platform runs an action in a later turn of the event loop. A browser has no `setImmediate`. */
function schedule(): Schedule {
  const { setImmediate: immediate, setTimeout: timeout } = globalThis as unknown as {
    readonly setImmediate?: Schedule;
    readonly setTimeout: Schedule;
  };
  return immediate ?? timeout;
}
