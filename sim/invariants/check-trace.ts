import { Ledger } from "../trace/trace-index.ts";
import type { Entry } from "../trace/trace.ts";
import { I13, I14, I3, I6 } from "./delivery.ts";
import type { Invariant } from "./invariant.ts";
import { I18, I19, I20, I21, I22 } from "./liveness.ts";
import { I1, I2, I4, I8 } from "./order.ts";
import { I10, I15, I24, I9 } from "./sessions.ts";
import { I16 } from "./rooms.ts";
import { I11, I12, I5, I7 } from "./flow-control.ts";

/** Not of the design, but of every program. */
const I0: Invariant = {
  name: "I0",
  says: "Nothing fails that nobody expects.",
  *broken(ledger) {
    for (const { by, error } of ledger.all("crash")) yield `${by ?? "somebody"} failed with ${error}`;
  },
};

/** Every invariant that a single trace can break. I17 and I23 compare two (`twins.ts`). */
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
];

/** An invariant that a trace breaks, and how. */
export interface Violation {
  readonly of: string;
  readonly what: string;
}

/** Everything in a trace that must not be. */
export function judge(entries: readonly Entry[]): Violation[] {
  const ledger = new Ledger(entries);
  return invariants.flatMap(({ name, broken }) => Array.from(broken(ledger), (what) => ({ of: name, what })));
}
