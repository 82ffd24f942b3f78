/** What became of numbered messages. */
export interface Verdict {
  /** Which messages. */
  readonly of: string;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
}

/** Messages that are numbered from 1 on, as they are heard: each is to come once, and in order. */
export class Sequence {
  highest = 0;
  #duplicated = 0;
  #reordered = 0;
  readonly #missing = new Set<number>();

  /** A message came. */
  hear(n: number): void {
    if (this.#missing.delete(n)) this.#reordered += 1;
    else if (this.has(n)) this.#duplicated += 1;
    for (let skipped = this.highest + 1; skipped < n; skipped += 1) this.#missing.add(skipped);
    this.highest = Math.max(this.highest, n);
  }

  /** Whether that message has come. */
  has(n: number): boolean {
    return n <= this.highest && !this.#missing.has(n);
  }

  /** What became of so many that were said; default: of all up to the last that came. */
  verdict(of: string, said: number = this.highest): Verdict {
    const lost = this.#missing.size + Math.max(0, said - this.highest);
    return { of, lost, duplicated: this.#duplicated, reordered: this.#reordered };
  }
}

/** Whether each came once and in order. */
export function isGood({ lost, duplicated, reordered }: Verdict): boolean {
  return lost + duplicated + reordered === 0;
}

/** Of several verdicts one. */
export function sumOf(verdicts: Iterable<Verdict>): Verdict {
  const sum = { of: "all", lost: 0, duplicated: 0, reordered: 0 };
  for (const { lost, duplicated, reordered } of verdicts) {
    sum.lost += lost;
    sum.duplicated += duplicated;
    sum.reordered += reordered;
  }
  return sum;
}
