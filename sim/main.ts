/** `npm run sim`: runs schedules, tells one of them, or hunts mutants. See README.md. */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { hunt } from "./runner/kill-mutants.ts";
import { modes } from "./modes/modes.ts";
import { mutants } from "./mutants/mutants.ts";
import { type Batch, type Failure, runAll } from "./runner/worker-pool.ts";
import { complaints, report, verdict } from "./report/report.ts";
import { add, nothing, type Tally } from "./report/statistics.ts";

const { values: asked } = parseArgs({
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
const jobs = Number(asked.jobs);
const many = Number(asked.seeds);
const first = Number(asked.first);
const mutant = asked.mutant === undefined ? undefined : named(asked.mutant);

if (asked.seed !== undefined) await tell(asked.mode ?? "storm", Number(asked.seed));
else if (asked.mutants) process.exitCode = (await hunt(chosen(), { jobs, many })) ? 0 : 1;
else await attempt(asked.mode === undefined ? Object.keys(modes) : [asked.mode]);

/** Runs the schedules of some modes, and reports on each as soon as it is done. */
async function attempt(names: readonly string[]): Promise<void> {
  let began = performance.now();
  let all = nothing;
  const results = new Map<string, { tally: Tally; failures: Failure[] }>();
  await runAll(batches(names), { jobs, mutant }, ({ mode, tally: more, failures }) => {
    const { tally, failures: before } = results.get(mode) ?? { tally: nothing, failures: [] };
    const so = { tally: add(tally, more), failures: before.concat(failures) };
    results.set(mode, so);
    all = add(all, more);
    if (so.tally.schedules < many) return true;
    console.log(report(so.tally, { mode, first, commit: commit(), ms: performance.now() - began }));
    began = performance.now();
    if (so.failures.length === 0) return true;
    console.log(complaints(so.failures, so.tally, mutant?.name));
    process.exitCode = 1;
    return true;
  });
  console.log(verdict(all));
  const { user, system } = process.cpuUsage();
  console.log(`${((user + system) / 1e6).toFixed()} s of processor time in all`);
}

/** Tells the story of one schedule. */
async function tell(mode: string, seed: number): Promise<void> {
  const one = [{ mode, first: seed, many: 1, stories: true }];
  await runAll(one.values(), { jobs: 1, mutant }, ({ story, failures }) => {
    for (const line of story) console.log(line);
    for (const { of, what } of failures.flatMap(({ violations }) => violations)) {
      console.log(`${of} is broken: ${what}`);
      process.exitCode = 1;
    }
    return true;
  });
}

function* batches(names: readonly string[]): Generator<Batch> {
  const size = 20;
  for (const mode of names)
    for (let from = 0; from < many; from += size)
      yield { mode, first: first + from, many: Math.min(size, many - from) };
}

/** The mutants of one mode, or of all. */
function chosen() {
  return mutants.filter(({ mode }) => asked.mode === undefined || mode === asked.mode);
}

function named(name: string) {
  const found = mutants.find((mutant) => mutant.name === name);
  if (!found) throw new Error(`there is no mutant ${JSON.stringify(name)}`);
  return found;
}

function commit(): string {
  try {
    const short = execFileSync("git", ["describe", "--always", "--dirty"], {
      encoding: "utf8",
      stdio: "pipe",
    });
    return `commit ${short.trim()}`;
  } catch {
    return "no commit known";
  }
}
