import type { Violation } from "../invariants/invariant.ts";
import type { TraceEntry } from "../trace/trace.ts";

/** Numbers by name. */
export type Counts = Record<string, number>;

/** What happened in a number of schedules. */
export interface Statistics {
  /** The number of schedules. */
  readonly schedules: number;
  /** Faults by name. */
  readonly faults: Counts;
  /** Sent messages by kind and sender. */
  readonly sent: Counts;
  /** First handler calls by machine, and repeated calls under `again`. */
  readonly handled: Counts;
  /** Outcomes of sent messages by result. */
  readonly outcomes: Counts;
  /** Resets by reason. */
  readonly resets: Counts;
  /** Gaps by reason. */
  readonly gaps: Counts;
  /** Dials and resumed sessions. */
  readonly connections: Counts;
  /** For each invariant, in how many schedules it was checked. */
  readonly checked: Counts;
  /** For each violated invariant, in how many schedules it was violated. */
  readonly violated: Counts;
  /** In how many schedules a message was lost, duplicated, reordered, or missing without a notice. */
  readonly badDeliveries: Counts;
}

/** What a violation of an invariant of delivery means to an application. */
const badDeliveryOf: Readonly<Record<string, string>> = {
  I1: "reordered",
  I2: "duplicated",
  I3: "lost",
  I13: "silent gaps",
  I16: "silent gaps",
};

/** The statistics of no schedules. */
export const noStatistics: Statistics = empty(0);

function empty(schedules: number): Statistics {
  return {
    schedules,
    faults: {},
    sent: {},
    handled: {},
    outcomes: {},
    resets: {},
    gaps: {},
    connections: {},
    checked: {},
    violated: {},
    badDeliveries: {},
  };
}

/** The statistics of one schedule, of which the invariants `checked` were checked. */
export function countSchedule(
  entries: readonly TraceEntry[],
  checked: readonly string[],
  violations: readonly Violation[],
): Statistics {
  const statistics = empty(1);
  const handled = new Set<string>();
  for (const entry of entries) {
    if (entry.type === "fault") increment(statistics.faults, entry.fault);
    else if (entry.type === "sent") increment(statistics.sent, `${entry.kind} from the ${entry.by}`);
    else if (entry.type === "outcome") increment(statistics.outcomes, entry.result);
    else if (entry.type === "reset") increment(statistics.resets, entry.reason);
    else if (entry.type === "gap") increment(statistics.gaps, entry.reason);
    else if (entry.type === "dial") increment(statistics.connections, "dials");
    else if (entry.type === "resumed") increment(statistics.connections, "sessions resumed");
    else if (entry.type === "handlerStarted") {
      const key = `${entry.by} ${entry.client} ${entry.n}`;
      increment(statistics.handled, handled.has(key) ? "again" : entry.by);
      handled.add(key);
    }
  }
  for (const name of checked) increment(statistics.checked, name);
  const violated = new Set(violations.map(({ invariant }) => invariant));
  for (const name of violated) increment(statistics.violated, name);
  const badDeliveries = Array.from(violated, (name) => badDeliveryOf[name] ?? []).flat();
  for (const name of new Set(badDeliveries)) increment(statistics.badDeliveries, name);
  return statistics;
}

/** The sum of two statistics. */
export function addStatistics(first: Statistics, second: Statistics): Statistics {
  return {
    schedules: first.schedules + second.schedules,
    faults: addCounts(first.faults, second.faults),
    sent: addCounts(first.sent, second.sent),
    handled: addCounts(first.handled, second.handled),
    outcomes: addCounts(first.outcomes, second.outcomes),
    resets: addCounts(first.resets, second.resets),
    gaps: addCounts(first.gaps, second.gaps),
    connections: addCounts(first.connections, second.connections),
    checked: addCounts(first.checked, second.checked),
    violated: addCounts(first.violated, second.violated),
    badDeliveries: addCounts(first.badDeliveries, second.badDeliveries),
  };
}

/** The sum of all counts. */
export function totalOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function addCounts(first: Counts, second: Counts): Counts {
  const sum = { ...first };
  for (const [name, count] of Object.entries(second)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

function increment(counts: Counts, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
