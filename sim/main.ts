/** `npm run sim`: runs schedules, tells one of them, or hunts mutants. See README.md. */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { hunt } from "./hunt.ts";
import { modes } from "./modes.ts";
import { mutants } from "./mutants.ts";
import { type Batch, type Failure, runAll } from "./pool.ts";
import { complaints, report } from "./report.ts";
import { add, nothing } from "./tally.ts";

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
else for (const mode of asked.mode === undefined ? Object.keys(modes) : [asked.mode]) await attempt(mode);

/** Runs the schedules of a mode and reports on them. */
async function attempt(mode: string): Promise<void> {
  const began = performance.now();
  let tally = nothing;
  const failures: Failure[] = [];
  await runAll(batches(mode), { jobs, mutant }, (result) => {
    tally = add(tally, result.tally);
    failures.push(...result.failures);
    return true;
  });
  const ms = performance.now() - began;
  console.log(report(tally, { mode, first, commit: commit(), ms }));
  if (failures.length === 0) return;
  console.log(complaints(failures, tally, mutant?.name));
  process.exitCode = 1;
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

function* batches(mode: string): Generator<Batch> {
  const size = 20;
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
