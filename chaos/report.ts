import { isGood, sumOf, type Verdict } from "./sequence-check.ts";

/** Counts events by their names. */
export class Counts {
  readonly #counts = new Map<string, number>();

  /** Counts one event. */
  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** The number of all events. */
  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Lists the names with their counts, the most frequent first. */
  toString(): string {
    const parts = [...this.#counts].sort(([, one], [, other]) => other - one);
    return parts.map(([name, count]) => `${name} ${count}`).join(", ") || "none";
  }
}

/** The results of a run. */
export interface Results {
  readonly title: string;
  readonly faults: Counts;
  /** How many messages the handlers of the server and of the clients received. */
  readonly handled: { readonly server: number; readonly clients: number };
  readonly verdicts: readonly Verdict[];
  /** How many handlers were called again for a message in progress. */
  readonly repeated: number;
  /** How many streams ended because the server was killed. */
  readonly interrupted: number;
  /** When a recovery begins and ends. */
  readonly recovery: string;
  /** The duration of each recovery, in ms. */
  readonly recoveries: readonly number[];
  /** For each hole the time until the client detected it, in ms. */
  readonly detections: readonly number[];
  /** All errors besides bad verdicts. */
  readonly failures: readonly string[];
}

/** Whether the run has neither bad verdicts nor failures. */
export function isClean({ verdicts, failures }: Results): boolean {
  return verdicts.every(isGood) && failures.length === 0;
}

/** Formats the results as text. */
export function report(results: Results): string {
  const { title, faults, handled, verdicts, repeated, interrupted, failures } = results;
  const { lost, duplicated, reordered } = sumOf(verdicts);
  const bad = verdicts.filter((verdict) => !isGood(verdict));
  const problems = [
    ...bad.map(
      (verdict) =>
        `${verdict.of}: lost ${verdict.lost}, duplicated ${verdict.duplicated}, reordered ${verdict.reordered}`,
    ),
    ...failures,
  ];
  return [
    title,
    `  faults    ${faults.total}: ${String(faults)}`,
    `  handled   ${handled.server} by the server, ${handled.clients} by clients`,
    `  lost ${lost} · duplicated ${duplicated} · reordered ${reordered} · other failures ${failures.length}`,
    ...problems.slice(0, 20).map((problem) => `    ${problem}`),
    ...(problems.length > 20 ? [`    and ${problems.length - 20} more`] : []),
    `  handlers called again for a message in progress ${repeated}; streams interrupted ${interrupted}`,
    `  recovery, ${results.recovery}: ${spread(results.recoveries)}`,
    `  detection of a hole by the client: ${spread(results.detections)}`,
  ].join("\n");
}

/** Returns the time that a share of the times, from 0 to 1, does not exceed; NaN if there are no times. */
export function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

function spread(times: readonly number[]): string {
  if (times.length === 0) return "none";
  const at = (share: number): string => `${quantile(times, share)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, maximum ${at(1)} (${times.length})`;
}
