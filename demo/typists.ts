/** Who is writing in a room. */
export class Typists {
  /** What ends the writing of each name. */
  readonly #endings = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #readers = new Set<() => void>();
  readonly #stillFor: number;

  /** Someone who does not say so again counts as writing for `stillFor` ms. */
  constructor(stillFor: number) {
    this.#stillFor = stillFor;
  }

  /** Someone writes, or does no more. */
  set(name: string, writes: boolean): void {
    const before = this.#endings.size;
    clearTimeout(this.#endings.get(name));
    if (writes)
      this.#endings.set(
        name,
        setTimeout(() => this.set(name, false), this.#stillFor),
      );
    else this.#endings.delete(name);
    if (this.#endings.size !== before) for (const read of this.#readers) read();
  }

  /** The names of the others, now and whenever they change, until `signal` aborts. */
  async *others(me: string, signal: AbortSignal): AsyncGenerator<string[], void, undefined> {
    let read = (): void => {};
    const wake = (): void => read();
    this.#readers.add(wake);
    signal.addEventListener("abort", wake);
    try {
      for (let last: string | undefined; !signal.aborted;) {
        const names = [...this.#endings.keys()].filter((name) => name !== me);
        // What changed while the last names were on their way is not waited for.
        if (names.join("\n") === last) await new Promise<void>((resolve) => (read = resolve));
        else {
          last = names.join("\n");
          yield names;
        }
      }
    } finally {
      this.#readers.delete(wake);
    }
  }
}
