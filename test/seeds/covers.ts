import { TestRunner } from "vitest";

/** What a test of this folder shows: a case of the table and its rows, or rows alone. */
export interface Covered {
  /** The number of the case; a test without one shows a row by itself. */
  readonly case?: number;
  /** The numbers of the rows. */
  readonly rows: readonly number[];
}

declare module "vitest" {
  interface TaskMeta {
    /** What the test passed to `covers`. */
    covered?: Covered;
  }
}

/** Records what the running test shows, for the table in docs/seeds.md. */
export function covers(covered: Covered): void {
  const test = TestRunner.getCurrentTest();
  if (test === undefined) throw new Error("covers() was called outside of a test");
  test.meta.covered = covered;
}
