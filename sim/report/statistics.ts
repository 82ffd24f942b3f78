import type { Violation } from "../invariants/check-trace.ts";
import type { Entry } from "../trace/trace.ts";

/** Counts by name. */
export type Counts = Record<string, number>;

/** What happened in many schedules, counted. */
export interface Tally {
  readonly schedules: number;
  readonly faults: Counts;
  readonly said: Counts;
  readonly handed: Counts;
  readonly outcomes: Counts;
  readonly resets: Counts;
  readonly gaps: Counts;
  /** Frames that were sent more than once, dials, and resumed sessions. */
  readonly work: Counts;
  /** In how many schedules each invariant was judged, */
  readonly judged: Counts;
  /** and in how many it was broken. */
  readonly broken: Counts;
  /** In how many schedules something was lost, duplicated or reordered, or missed in silence. */
  readonly spoiled: Counts;
}

/** What an application sees when an invariant of delivery is broken. */
const spoils: Readonly<Record<string, string>> = {
  I1: "reordered",
  I2: "duplicated",
  I3: "lost",
  I13: "silent gaps",
  I16: "silent gaps",
};

/** Nothing yet. */
export const nothing: Tally = blank(0);

function blank(schedules: number): Tally {
  return {
    schedules,
    faults: {},
    said: {},
    handed: {},
    outcomes: {},
    resets: {},
    gaps: {},
    work: {},
    judged: {},
    broken: {},
    spoiled: {},
  };
}

/** Counts one schedule, in which these invariants were judged. */
export function count(
  entries: readonly Entry[],
  judged: readonly string[],
  violations: readonly Violation[],
): Tally {
  const tally = blank(1);
  const given = new Set<string>();
  for (const entry of entries) {
    if (entry.is === "fault") one(tally.faults, entry.fault);
    else if (entry.is === "said") one(tally.said, `${entry.kind} of the ${entry.by}`);
    else if (entry.is === "outcome") one(tally.outcomes, entry.how);
    else if (entry.is === "reset") one(tally.resets, entry.why);
    else if (entry.is === "gap") one(tally.gaps, entry.why);
    else if (entry.is === "dial") one(tally.work, "dials");
    else if (entry.is === "resumed") one(tally.work, "sessions resumed");
    else if (entry.is === "handling") {
      const key = `${entry.by} ${entry.client} ${entry.n}`;
      one(tally.handed, given.has(key) ? "again" : entry.by);
      given.add(key);
    }
  }
  for (const name of judged) one(tally.judged, name);
  const broken = new Set(violations.map(({ of }) => of));
  for (const name of broken) one(tally.broken, name);
  for (const what of new Set(Array.from(broken, (name) => spoils[name] ?? []).flat()))
    one(tally.spoiled, what);
  return tally;
}

/** Two tallies as one. */
export function add(some: Tally, more: Tally): Tally {
  const merge = (a: Counts, b: Counts): Counts => {
    const sum = { ...a };
    for (const [name, many] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + many;
    return sum;
  };
  return {
    schedules: some.schedules + more.schedules,
    faults: merge(some.faults, more.faults),
    said: merge(some.said, more.said),
    handed: merge(some.handed, more.handed),
    outcomes: merge(some.outcomes, more.outcomes),
    resets: merge(some.resets, more.resets),
    gaps: merge(some.gaps, more.gaps),
    work: merge(some.work, more.work),
    judged: merge(some.judged, more.judged),
    broken: merge(some.broken, more.broken),
    spoiled: merge(some.spoiled, more.spoiled),
  };
}

/** The sum of counts. */
export function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, many) => sum + many, 0);
}

function one(counts: Counts, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
