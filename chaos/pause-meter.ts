/** The longest time without a message between a fault and the next one. */
export interface Pause {
  readonly fault: string;
  /** In ms. */
  readonly ms: number;
}

/** Measures how long a client receives no message after a fault. Messages may still arrive between the fault and the pause. */
export class PauseMeter {
  readonly #pauses: Pause[] = [];
  #fault: string | undefined;
  #longest = 0;
  #lastMessage = 0;

  /** A fault begins that affects the client. */
  start(fault: string): void {
    this.stop();
    this.#fault = fault;
    this.#longest = 0;
    this.#lastMessage = performance.now();
  }

  /** A message has arrived, or the measurement ends. */
  message(): void {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#lastMessage);
    this.#lastMessage = now;
  }

  /** The next fault begins. */
  stop(): void {
    this.message();
    if (this.#fault !== undefined) this.#pauses.push({ fault: this.#fault, ms: Math.round(this.#longest) });
    this.#fault = undefined;
  }

  /** All pauses so far. */
  get pauses(): readonly Pause[] {
    return this.#pauses;
  }
}
