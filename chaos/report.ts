import type { Pause } from "./pause-meter.ts";
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
  /** The verdicts on the messages that they received. */
  readonly verdicts: { readonly server: readonly Verdict[]; readonly clients: readonly Verdict[] };
  /** How many handlers were called again for a message in progress. */
  readonly repeated: number;
  /** How many sessions were reset. */
  readonly resets: number;
  /** How many streams ended because the server was killed. */
  readonly interrupted: number;
  /** When a recovery begins and ends. */
  readonly recovery: string;
  /** The duration of each recovery, in ms. */
  readonly recoveries: readonly number[];
  /** The longest time without a message after each fault, of each client that it affects. */
  readonly pauses: readonly Pause[];
  /** For each hole the time until the client detected it, in ms. */
  readonly detections: readonly number[];
  /** All errors besides bad verdicts. */
  readonly failures: readonly string[];
}

/** Whether the run has neither bad verdicts nor failures. */
export function isClean({ verdicts, failures }: Results): boolean {
  return allOf(verdicts).every(isGood) && failures.length === 0;
}

/** Formats the results as text. */
export function report(results: Results): string {
  const { title, faults, handled, verdicts, repeated, interrupted, failures } = results;
  const bad = allOf(verdicts).filter((verdict) => !isGood(verdict));
  const problems = [
    ...failures,
    ...bad.map(
      (verdict) =>
        `${verdict.of}: lost ${verdict.lost}${verdict.firstLost === undefined ? "" : ` from ${verdict.firstLost} on`}, duplicated ${verdict.duplicated}, reordered ${verdict.reordered}`,
    ),
  ];
  return [
    title,
    `  faults    ${faults.total}: ${String(faults)}`,
    `  handled   ${handled.server} by the server, ${handled.clients} by clients`,
    `  server    ${sumText(verdicts.server)}`,
    `  clients   ${sumText(verdicts.clients)}`,
    `  resets    ${results.resets} · all failures ${failures.length}`,
    ...problems.slice(0, 20).map((problem) => `    ${problem}`),
    ...(problems.length > 20 ? [`    and ${problems.length - 20} more`] : []),
    `  handlers called again for a message in progress ${repeated}; streams interrupted ${interrupted}`,
    `  recovery, ${results.recovery}: ${spread(results.recoveries)}`,
    ...pauseLines(results.pauses),
    `  detection of a hole by the client: ${spread(results.detections)}`,
  ].join("\n");
}

function allOf({ server, clients }: Results["verdicts"]): readonly Verdict[] {
  return [...server, ...clients];
}

function sumText(verdicts: readonly Verdict[]): string {
  const { lost, duplicated, reordered } = sumOf(verdicts);
  return `lost ${lost} · duplicated ${duplicated} · reordered ${reordered}`;
}

function pauseLines(pauses: readonly Pause[]): readonly string[] {
  const faults = [...new Set(pauses.map(({ fault }) => fault))].sort();
  return faults.map((fault) => {
    const times = pauses.filter((pause) => pause.fault === fault).map(({ ms }) => ms);
    return `  pause after ${fault}: ${spread(times)}`;
  });
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
