/** One change of a source file. */
export interface Patch {
  /** The path of the file, below `packages/`. */
  readonly file: string;
  /** A text that the file contains exactly once. */
  readonly find: string;
  /** The text that replaces it. */
  readonly replace: string;
}

/** A version of the product with one bug. The simulator must find a schedule in which the bug violates an invariant. */
export interface Mutant extends Patch {
  /** What the bug is, in a few words. */
  readonly name: string;
  /** The mode whose schedules show the bug. */
  readonly mode: string;
  /** More patches, where a second check in the product would hide the bug. */
  readonly also?: readonly Patch[];
}
