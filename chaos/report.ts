import { isGood, sumOf, type Verdict } from "./sequence-check.ts";

/** How often each of several things was. */
export class Counts {
  readonly #counts = new Map<string, number>();

  /** It was once more. */
  add(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /** How often all of them were. */
  get total(): number {
    return [...this.#counts.values()].reduce((sum, many) => sum + many, 0);
  }

  /** In words, the most frequent first. */
  toString(): string {
    const parts = [...this.#counts].sort(([, one], [, other]) => other - one);
    return parts.map(([what, many]) => `${what} ${many}`).join(", ") || "none";
  }
}

/** What a run has shown. */
export interface Results {
  readonly title: string;
  readonly faults: Counts;
  /** Messages that handlers of the server were given, and those of clients. */
  readonly heard: { readonly server: number; readonly clients: number };
  readonly verdicts: readonly Verdict[];
  /** Handlers that were invoked again for a message in progress. */
  readonly again: number;
  readonly interrupted: number;
  /** From what to what a recovery is. */
  readonly recovery: string;
  /** How long each took, in ms. */
  readonly recoveries: readonly number[];
  /** How long it took a client to notice a hole, in ms. */
  readonly notices: readonly number[];
  /** What is not as it should be, besides the verdicts. */
  readonly failures: readonly string[];
}

/** Whether everything was as it should be. */
export function isClean({ verdicts, failures }: Results): boolean {
  return verdicts.every(isGood) && failures.length === 0;
}

/** The figures, for a reader. */
export function report(results: Results): string {
  const { title, faults, heard, verdicts, again, interrupted, failures } = results;
  const { lost, duplicated, reordered } = sumOf(verdicts);
  const bad = verdicts.filter((verdict) => !isGood(verdict));
  const complaints = [
    ...bad.map(
      (one) => `${one.of}: lost ${one.lost}, duplicated ${one.duplicated}, reordered ${one.reordered}`,
    ),
    ...failures,
  ];
  return [
    title,
    `  faults    ${faults.total}: ${String(faults)}`,
    `  handled   ${heard.server} by the server, ${heard.clients} by clients`,
    `  lost ${lost} · duplicated ${duplicated} · reordered ${reordered} · other failures ${failures.length}`,
    ...complaints.slice(0, 20).map((complaint) => `    ${complaint}`),
    ...(complaints.length > 20 ? [`    and ${complaints.length - 20} more`] : []),
    `  invoked again, for a message in progress ${again}; streams interrupted ${interrupted}`,
    `  recovery, ${results.recovery}: ${spread(results.recoveries)}`,
    `  a hole is noticed by the client after: ${spread(results.notices)}`,
  ].join("\n");
}

/** The time that a part of the times, from 0 to 1, does not exceed; NaN of none. */
export function quantile(times: readonly number[], part: number): number {
  const sorted = [...times].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
}

function spread(times: readonly number[]): string {
  if (times.length === 0) return "none";
  const at = (part: number): string => `${quantile(times, part)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)} (${times.length})`;
}
