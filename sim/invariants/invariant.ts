import type { Ledger } from "../trace/trace-index.ts";

/** Something that holds in every world. */
export interface Invariant {
  /** Its name in the design of the protocol, `I1` to `I24`. */
  readonly name: string;
  /** What it promises, in one sentence. */
  readonly says: string;
  /** Gives one sentence for each place where a trace breaks it. */
  readonly broken: (ledger: Ledger) => Iterable<string>;
}
