/** One change to a source. */
export interface Patch {
  /** The module, from `packages/`. */
  readonly file: string;
  /** What stands there exactly once, */
  readonly find: string;
  /** and what stands there instead. */
  readonly replace: string;
}

/** A product that is broken in one place, which the simulator must notice. */
export interface Mutant extends Patch {
  readonly name: string;
  /** The mode in which it shows. */
  readonly mode: string;
  /** Where a second line of defence would hide it: what that is broken by. */
  readonly also?: readonly Patch[];
}
