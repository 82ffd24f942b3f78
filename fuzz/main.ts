/** The command `npm run fuzz`. See README.md. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { fuzz } from "./runner/fuzz.ts";
import { killMutants } from "./runner/kill-mutants.ts";
import { mutants } from "./mutants/mutants.ts";
import { formatSummary } from "./runner/report.ts";

const { values: options } = parseArgs({
  options: {
    cases: { type: "string", default: "20000" },
    from: { type: "string", default: "0" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 32)) },
    jobs: { type: "string", default: String(Math.min(2, availableParallelism())) },
    world: { type: "string" },
    scenario: { type: "string" },
    case: { type: "string" },
    steps: { type: "string" },
    mutants: { type: "boolean", default: false },
    mutant: { type: "string" },
  },
});
const numberOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);
const mutant = options.mutant === undefined ? undefined : mutants.find(({ name }) => name === options.mutant);
if (options.mutant !== undefined && mutant === undefined)
  throw new Error(`unknown mutant ${JSON.stringify(options.mutant)}: see fuzz/mutants`);

if (options.mutants) process.exitCode = (await killMutants(mutants, Number(options.jobs))) ? 0 : 1;
else {
  const { world, scenario } = options;
  const settings = {
    seed: Number(options.seed),
    cases: Number(options.cases),
    from: Number(options.from),
    jobs: Number(options.jobs),
    world: world ?? (scenario === undefined ? undefined : mutant?.world),
    scenario,
    case: numberOf(options.case),
    maxSteps: numberOf(options.steps),
    mutant,
  };
  const onProgress = (cases: number): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${cases} cases `);
    else if (cases % 10_000 === 0) console.log(`${cases} cases`);
  };
  const result = await fuzz(settings, { onProgress });
  console.log(formatSummary(settings, result));
  process.exitCode = result.findings.length === 0 ? 0 : 1;
}
