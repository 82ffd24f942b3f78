/** A product that is broken in one place, which the simulator must notice. */
export interface Mutant {
  readonly name: string;
  /** The module, from `packages/`. */
  readonly file: string;
  /** What stands there exactly once, */
  readonly find: string;
  /** and what stands there instead. */
  readonly replace: string;
  /** The mode in which it shows; default `storm`. */
  readonly mode?: string;
}

/** Every mutant. None may survive. */
export const mutants: readonly Mutant[] = [];
