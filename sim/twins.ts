import type { Violation } from "./invariants/all.ts";
import type { Trace } from "./trace.ts";

/** I23: the same seed gives the same trace. */
export function sameTrace(one: Trace, other: Trace): Violation[] {
  if (one.hash === other.hash) return [];
  const place = one.entries.findIndex(
    (entry, index) => JSON.stringify(entry) !== JSON.stringify(other.entries[index]),
  );
  return [{ of: "I23", what: `the same seed gave another trace, from entry ${place} on` }];
}
