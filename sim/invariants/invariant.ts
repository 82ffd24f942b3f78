import type { TraceIndex } from "../trace/trace-index.ts";

/** A property that every schedule must have. */
export interface Invariant {
  /** Its name, `I0` to `I30`. */
  readonly name: string;
  /** What it asserts, in one sentence. */
  readonly assertion: string;
  /** Gives one sentence for each place where a trace violates the invariant. */
  readonly violations: (trace: TraceIndex) => Iterable<string>;
}

/** A violated invariant. */
export interface Violation {
  /** The name of the invariant. */
  readonly invariant: string;
  /** What happened, in one sentence. */
  readonly description: string;
}
