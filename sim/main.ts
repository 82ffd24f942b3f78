/** The command `npm run sim`: runs schedules, prints the trace of one schedule, or runs the mutants. See README.md. */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { modes } from "./modes/modes.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { mutants } from "./mutants/mutants.ts";
import { type Failure, formatInvariants, formatMode, formatViolations } from "./report/report.ts";
import { addStatistics, noStatistics, type Statistics } from "./report/statistics.ts";
import { killMutants } from "./runner/kill-mutants.ts";
import { type Batch, runBatches } from "./runner/worker-pool.ts";

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "2000" },
    first: { type: "string", default: "1" },
    seed: { type: "string" },
    mode: { type: "string" },
    jobs: { type: "string", default: String(availableParallelism()) },
    mutants: { type: "boolean", default: false },
    mutant: { type: "string" },
  },
});
const threads = Number(options.jobs);
const schedulesPerMode = Number(options.seeds);
const firstSeed = Number(options.first);
const mutant = options.mutant === undefined ? undefined : findMutant(options.mutant);

if (options.seed !== undefined) await printTrace(options.mode ?? "storm", Number(options.seed));
else if (options.mutants)
  process.exitCode = (await killMutants(chosenMutants(), { threads, maxSchedules: schedulesPerMode }))
    ? 0
    : 1;
else await runModes(options.mode === undefined ? Object.keys(modes) : [options.mode]);

/** Runs the schedules of some modes and prints the report of each mode when it is complete. */
async function runModes(names: readonly string[]): Promise<void> {
  let startedAt = performance.now();
  let total = noStatistics;
  const results = new Map<string, { statistics: Statistics; failures: Failure[] }>();
  await runBatches(batches(names), { threads, mutant }, (result) => {
    const { mode } = result;
    const before = results.get(mode) ?? { statistics: noStatistics, failures: [] };
    const statistics = addStatistics(before.statistics, result.statistics);
    const failures = before.failures.concat(result.failures);
    results.set(mode, { statistics, failures });
    total = addStatistics(total, result.statistics);
    if (statistics.schedules < schedulesPerMode) return true;
    const ms = performance.now() - startedAt;
    console.log(formatMode(statistics, { mode, firstSeed, commit: describeCommit(), ms }));
    startedAt = performance.now();
    if (failures.length === 0) return true;
    console.log(formatViolations(failures, statistics, mutant?.name));
    process.exitCode = 1;
    return true;
  });
  console.log(formatInvariants(total));
  const { user, system } = process.cpuUsage();
  console.log(`${((user + system) / 1e6).toFixed()} s of processor time in all`);
}

/** Runs one schedule and prints its trace and its violations. */
async function printTrace(mode: string, seed: number): Promise<void> {
  const batch: Batch = { mode, firstSeed: seed, count: 1, describe: true };
  await runBatches([batch].values(), { threads: 1, mutant }, ({ lines, failures }) => {
    for (const line of lines) console.log(line);
    for (const { invariant, description } of failures.flatMap(({ violations }) => violations)) {
      console.log(`${invariant} is violated: ${description}`);
      process.exitCode = 1;
    }
    return true;
  });
}

function* batches(names: readonly string[]): Generator<Batch> {
  const size = 20;
  for (const mode of names)
    for (let index = 0; index < schedulesPerMode; index += size)
      yield { mode, firstSeed: firstSeed + index, count: Math.min(size, schedulesPerMode - index) };
}

/** The mutants of the chosen mode, or all. */
function chosenMutants(): readonly Mutant[] {
  return mutants.filter(({ mode }) => options.mode === undefined || mode === options.mode);
}

function findMutant(name: string): Mutant {
  const found = mutants.find((mutant) => mutant.name === name);
  if (!found) throw new Error(`unknown mutant ${JSON.stringify(name)}: see sim/mutants`);
  return found;
}

function describeCommit(): string {
  try {
    const name = execFileSync("git", ["describe", "--always", "--dirty"], {
      encoding: "utf8",
      stdio: "pipe",
    });
    return `commit ${name.trim()}`;
  } catch {
    return "unknown commit";
  }
}
