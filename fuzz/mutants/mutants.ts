import type { FuzzMutantPatches } from "../runner/process-pool.ts";

/** A version of the product with one missing bound. */
export interface FuzzMutant extends FuzzMutantPatches {
  /** The finding of the audit that it brings back. */
  readonly finding: string;
  /** The world whose cases show it. */
  readonly world: string;
  /** The scenario that shows it. */
  readonly scenario: string;
}

/** All mutants. The fuzzer must find each of them. */
export const mutants: readonly FuzzMutant[] = [];
