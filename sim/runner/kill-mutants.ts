import { modes } from "../modes/modes.ts";
import type { Mutant } from "../mutants/mutant.ts";
import { type Batch, type Failure, runAll } from "./worker-pool.ts";
import { replay } from "../report/report.ts";

/** Runs each mutant until the first schedule that notices it; says which survive `many`. True when none does. */
export async function hunt(
  mutants: readonly Mutant[],
  { jobs, many }: { readonly jobs: number; readonly many: number },
): Promise<boolean> {
  const waiting = mutants.values();
  const survivors: string[] = [];
  const hunter = async (): Promise<void> => {
    for (const mutant of waiting) {
      const killed = await kill(mutant, many);
      console.log(`${mutant.name.padEnd(44)} ${killed ?? "SURVIVES"}`);
      if (killed === undefined) survivors.push(mutant.name);
    }
  };
  await Promise.all(Array.from({ length: jobs }, hunter));
  console.log(`${mutants.length - survivors.length} of ${mutants.length} mutants killed`);
  return survivors.length === 0;
}

/** After how many schedules it was noticed, and by what; undefined when it never was. */
async function kill(mutant: Mutant, many: number): Promise<string | undefined> {
  let schedules = 0;
  let noticed: Failure | undefined;
  await runAll(batches(mutant.mode, many), { jobs: 1, mutant }, ({ tally, failures }) => {
    [noticed] = failures;
    schedules += noticed ? 1 : tally.schedules;
    return noticed === undefined;
  });
  if (!noticed) return undefined;
  const names = [...new Set(noticed.violations.map(({ of }) => of))].join(", ");
  return `killed by ${names} after ${schedules}: ${replay(noticed, mutant.name)}`;
}

function* batches(mode: string, many: number): Generator<Batch> {
  if (!modes[mode]) throw new Error(`there is no mode ${mode}`);
  for (let seed = 1; seed <= many; seed += 1) yield { mode, first: seed, many: 1 };
}
