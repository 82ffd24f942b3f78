import { quantile } from "../chaos/report.ts";
import { Sequence, sumOf, type Verdict } from "../chaos/sequence-check.ts";
import { type Heard, wordsOf } from "./heard.ts";

/** A page has recovered when it hears a line of `from` above number `after`; counted from `since`, in ms since 1970. */
export type Recovery = { readonly since: number; readonly from: string; readonly after: number };

/** Numbers what is said in conversations of which everybody hears everything, and judges what was heard. */
export class Figures {
  /** How many lines each has said in this conversation. */
  readonly #said = new Map<string, number>();
  /** What was said around a kill: a line in progress then is handled again. */
  readonly #aroundKills = new Set<string>();
  readonly #verdicts: Verdict[] = [];
  readonly #recoveries: number[] = [];
  #lines = 0;
  #again = 0;

  /** Another conversation begins: its lines are numbered from 1 on. */
  begin(): void {
    this.#said.clear();
    this.#aroundKills.clear();
  }

  /** The words of somebody's next line. */
  next(from: string, aroundKill = false): string {
    this.#lines += 1;
    this.#said.set(from, this.saidBy(from) + 1);
    const words = wordsOf({ from, n: this.saidBy(from) });
    if (aroundKill) this.#aroundKills.add(words);
    return words;
  }

  /** How many lines somebody has said in this conversation. */
  saidBy(name: string): number {
    return this.#said.get(name) ?? 0;
  }

  /** The words of everybody's last line. */
  get last(): string[] {
    return Array.from(this.#said, ([from, n]) => wordsOf({ from, n }));
  }

  /** Judges what somebody has heard in this conversation, and how long the recoveries took. */
  judge(by: string, heard: readonly Heard[], recoveries: readonly Recovery[] = []): void {
    for (const [from, said] of this.#said) {
      const own = heard.filter((line) => line.from === from);
      this.#verdicts.push(this.#sequenceOf(own).verdict(`${from}, heard by ${by}`, said));
    }
    for (const { since, from, after } of recoveries) {
      const line = heard.find((one) => one.from === from && one.n > after);
      if (line) this.#recoveries.push(Math.max(0, line.at - since));
    }
  }

  /** What became of the lines of all conversations. */
  get verdict(): Verdict {
    return sumOf(this.#verdicts);
  }

  /** The figures, for a reader. */
  toString(): string {
    const { lost, duplicated, reordered } = this.verdict;
    const at = (part: number): string => `${(quantile(this.#recoveries, part) / 1_000).toFixed(1)} s`;
    return [
      `${this.#lines} lines`,
      `lost ${lost}`,
      `duplicated ${duplicated}`,
      `reordered ${reordered}`,
      `handled again after a kill ${this.#again}`,
      `recovery p50 ${at(0.5)}`,
      `p99 ${at(0.99)} (${this.#recoveries.length})`,
    ].join(", ");
  }

  /** A line that was handled again comes on another socket, and only once more. */
  #sequenceOf(lines: readonly Heard[]): Sequence {
    const sequence = new Sequence();
    const cameOn = new Map<number, number[]>();
    for (const line of lines) {
      const before = cameOn.get(line.n) ?? [];
      cameOn.set(line.n, [...before, line.socket]);
      const again = before.length === 1 && !before.includes(line.socket);
      if (again && this.#aroundKills.has(wordsOf(line))) this.#again += 1;
      else sequence.hear(line.n);
    }
    return sequence;
  }
}
