/** The result of checking numbered messages. */
export interface Verdict {
  /** The messages that were checked. */
  readonly of: string;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  /** The first message that was lost; undefined when none was. */
  readonly firstLost: number | undefined;
}

/** Checks that messages with the numbers from 1 on arrive once and in order. */
export class Sequence {
  highest = 0;
  #duplicated = 0;
  #reordered = 0;
  readonly #missing = new Set<number>();

  /** Records that message `n` arrived. */
  add(n: number): void {
    if (this.#missing.delete(n)) this.#reordered += 1;
    else if (this.has(n)) this.#duplicated += 1;
    for (let skipped = this.highest + 1; skipped < n; skipped += 1) this.#missing.add(skipped);
    this.highest = Math.max(this.highest, n);
  }

  /** Whether message `n` has arrived. */
  has(n: number): boolean {
    return n <= this.highest && !this.#missing.has(n);
  }

  /**
   * Returns the verdict on all messages of the sender.
   * @param count how many messages were sent. @default the number of the highest message that arrived
   */
  verdict(of: string, count: number = this.highest): Verdict {
    const lost = this.#missing.size + Math.max(0, count - this.highest);
    const firstLost = lost === 0 ? undefined : Math.min(...this.#missing, this.highest + 1);
    return { of, lost, duplicated: this.#duplicated, reordered: this.#reordered, firstLost };
  }
}

/** Whether each message arrived once and in order. */
export function isGood({ lost, duplicated, reordered }: Verdict): boolean {
  return lost + duplicated + reordered === 0;
}

/** Adds several verdicts to one. */
export function sumOf(verdicts: Iterable<Verdict>): Verdict {
  const sum = { of: "all", lost: 0, duplicated: 0, reordered: 0, firstLost: undefined };
  for (const { lost, duplicated, reordered } of verdicts) {
    sum.lost += lost;
    sum.duplicated += duplicated;
    sum.reordered += reordered;
  }
  return sum;
}
