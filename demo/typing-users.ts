import type { Timers } from "./timers.ts";

/** The people in a room who are typing. */
export class TypingUsers {
  /** For each name, cancels the timer that removes it. */
  readonly #names = new Map<string, () => void>();
  readonly #listeners = new Set<() => void>();
  readonly #timers: Timers;
  readonly #timeout: number;

  /** A person whose page does not repeat its report for `timeout` ms no longer counts as typing. */
  constructor(timers: Timers, timeout: number) {
    this.#timers = timers;
    this.#timeout = timeout;
  }

  /** A person is typing, or has stopped. */
  set(name: string, isTyping: boolean): void {
    const countBefore = this.#names.size;
    this.#names.get(name)?.();
    if (isTyping)
      this.#names.set(
        name,
        this.#timers.start(this.#timeout, () => this.set(name, false)),
      );
    else this.#names.delete(name);
    if (this.#names.size !== countBefore) for (const listener of this.#listeners) listener();
  }

  /** Yields the names of the other people who are typing: now, and after each change, until `signal` aborts. */
  async *others(me: string, signal: AbortSignal): AsyncGenerator<string[], void, undefined> {
    let wakeUp = (): void => {};
    const listener = (): void => wakeUp();
    this.#listeners.add(listener);
    signal.addEventListener("abort", listener);
    try {
      for (let yielded: string | undefined; !signal.aborted;) {
        const names = [...this.#names.keys()].filter((name) => name !== me);
        // The names may have changed during the last `yield`, so the loop compares before it waits.
        if (names.join("\n") === yielded) await new Promise<void>((resolve) => (wakeUp = resolve));
        else {
          yielded = names.join("\n");
          yield names;
        }
      }
    } finally {
      this.#listeners.delete(listener);
    }
  }
}
