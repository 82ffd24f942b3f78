/** Steps of a loop after which timers, sockets and other clients get their turn. */
const maxSteps = 128;
/** Bytes that these steps may have written. */
const maxBytes: number = 2 ** 18;

/** Resolves in a later turn of the event loop; each platform has its own way. */
export type NextTurn = () => Promise<void>;

/**
 * Counts the steps of a loop. A loop that waits for promises alone never leaves the microtask queue as long as each is
 * resolved: no timer, no socket and no other client is served meanwhile. So it awaits what `step` returns.
 */
export class LoopBudget {
  readonly #nextTurn: NextTurn | undefined;
  #steps = 0;
  #bytes = 0;

  /** Without `nextTurn` the loop never waits. */
  constructor(nextTurn: NextTurn | undefined) {
    this.#nextTurn = nextTurn;
  }

  /**
   * Counts a step that wrote so many bytes.
   * @returns undefined, or a promise that resolves after the event loop has run.
   */
  step(bytes: number): Promise<void> | undefined {
    this.#steps += 1;
    this.#bytes += bytes;
    if (this.#steps < maxSteps && this.#bytes < maxBytes) return undefined;
    this.#steps = this.#bytes = 0;
    return this.#nextTurn?.();
  }
}
