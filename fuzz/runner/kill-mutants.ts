import type { FuzzMutant } from "../mutants/mutants.ts";
import { fuzz } from "./fuzz.ts";

/** The seed of the cases that each mutant runs. The app of its first world in memory keeps few sessions. */
const seed = 3;
/** After how many cases without a finding a mutant has survived. */
const maxCases = 300;

/**
 * Runs each mutant until an oracle finds something, and prints the result.
 * @returns whether all mutants were found.
 */
export async function killMutants(mutants: readonly FuzzMutant[], jobs: number): Promise<boolean> {
  const queue = mutants.values();
  const survivors: string[] = [];
  const run = async (): Promise<void> => {
    for (const mutant of queue) {
      const { world, scenario } = mutant;
      const settings = { seed, cases: maxCases, jobs: 1, world, scenario, mutant };
      const { findings, cases, seconds } = await fuzz(settings, { isShortened: false });
      const oracles = [...new Set(findings.map(({ oracle }) => oracle))].join(", ");
      const result = findings.length > 0 ? `found by ${oracles} after ${cases} cases` : "SURVIVES";
      console.log(`${mutant.finding.padEnd(4)} ${mutant.name.padEnd(70)} ${result}, ${seconds.toFixed()} s`);
      if (findings.length === 0) survivors.push(mutant.name);
    }
  };
  await Promise.all(Array.from({ length: jobs }, run));
  console.log(`${mutants.length - survivors.length} of ${mutants.length} mutants found`);
  return survivors.length === 0;
}
