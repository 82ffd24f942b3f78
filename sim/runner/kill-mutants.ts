import { modes } from "../modes/modes.ts";
import type { Mutant } from "../mutants/mutant.ts";
import { type Failure, repeatCommand } from "../report/report.ts";
import { type Batch, runBatches } from "./worker-pool.ts";

/** How mutants run. */
export interface MutantOptions {
  /** How many mutants run at a time. */
  readonly threads: number;
  /** After how many schedules without a violation a mutant has survived. */
  readonly maxSchedules: number;
}

/**
 * Runs each mutant until a schedule violates an invariant, and prints the result.
 * @returns whether all mutants were killed.
 */
export async function killMutants(
  mutants: readonly Mutant[],
  { threads, maxSchedules }: MutantOptions,
): Promise<boolean> {
  const queue = mutants.values();
  const survivors: string[] = [];
  const runThread = async (): Promise<void> => {
    for (const mutant of queue) {
      const result = await killMutant(mutant, maxSchedules);
      console.log(`${mutant.name.padEnd(60)} ${result ?? "SURVIVES"}`);
      if (result === undefined) survivors.push(mutant.name);
    }
  };
  await Promise.all(Array.from({ length: threads }, runThread));
  console.log(`${mutants.length - survivors.length} of ${mutants.length} mutants killed`);
  return survivors.length === 0;
}

/** Describes which invariants the mutant violates, and after how many schedules; undefined if it survives. */
async function killMutant(mutant: Mutant, maxSchedules: number): Promise<string | undefined> {
  let schedules = 0;
  let failure: Failure | undefined;
  await runBatches(batches(mutant.mode, maxSchedules), { threads: 1, mutant }, (result) => {
    [failure] = result.failures;
    schedules += failure ? 1 : result.statistics.schedules;
    return failure === undefined;
  });
  if (!failure) return undefined;
  const names = [...new Set(failure.violations.map(({ invariant }) => invariant))].join(", ");
  return `killed by ${names} after ${schedules}: ${repeatCommand(failure, mutant.name)}`;
}

function* batches(mode: string, count: number): Generator<Batch> {
  if (!modes[mode]) throw new Error(`unknown mode "${mode}"`);
  for (let seed = 1; seed <= count; seed += 1) yield { mode, firstSeed: seed, count: 1 };
}
