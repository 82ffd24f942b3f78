import { TraceIndex } from "../trace/trace-index.ts";
import type { TraceEntry } from "../trace/trace.ts";
import { I13, I14, I3, I6 } from "./delivery.ts";
import { I11, I12, I5 } from "./flow-control.ts";
import type { Invariant, Violation } from "./invariant.ts";
import { I18, I19, I20, I21, I22, I29 } from "./liveness.ts";
import { I1, I2, I4, I8 } from "./order.ts";
import { I24 } from "./reset-causes.ts";
import { I16, I25, I26, I28 } from "./rooms.ts";
import { I10, I15, I27, I30, I7, I9 } from "./sessions.ts";

/** A check that holds for every program. */
const I0: Invariant = {
  name: "I0",
  assertion: "No unexpected error occurs.",
  *violations(trace) {
    for (const { by, error } of trace.all("unexpectedError"))
      yield `${by === undefined ? "a promise" : `the ${by}`} failed with ${error}`;
  },
};

/** The invariants that one trace can violate. I17 and I23 compare two traces: see `compare-traces.ts`. */
export const invariants: readonly Invariant[] = [
  I0,
  I1,
  I2,
  I3,
  I4,
  I5,
  I6,
  I7,
  I8,
  I9,
  I10,
  I11,
  I12,
  I13,
  I14,
  I15,
  I16,
  I18,
  I19,
  I20,
  I21,
  I22,
  I24,
  I25,
  I26,
  I27,
  I28,
  I29,
  I30,
];

/** Checks all invariants of one trace. */
export function checkTrace(entries: readonly TraceEntry[]): Violation[] {
  const trace = new TraceIndex(entries);
  return invariants.flatMap(({ name, violations }) =>
    Array.from(violations(trace), (description) => ({ invariant: name, description })),
  );
}
