import type { Finding } from "../oracle/findings.ts";
import { type BatchResult, type FuzzMutantPatches, type Job, runProcess } from "./process-pool.ts";

/** The cases of a batch. */
const batchSize = 500;

/** What is to run. */
export interface FuzzSettings extends Pick<Job, "seed" | "world" | "scenario" | "case" | "maxSteps"> {
  /** How many cases run: fewer than a batch, or whole batches. */
  readonly cases: number;
  /** The first case that runs; the others of its batch run too. @default 0 */
  readonly from?: number;
  /** How many processes run at a time. */
  readonly jobs: number;
  readonly mutant?: FuzzMutantPatches | undefined;
}

/** What was found and exercised. */
export interface FuzzResult {
  readonly cases: number;
  readonly seconds: number;
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<string, number>>;
  /** The processor time of the longest turn, in ms. */
  readonly longestTurn: number;
  /** How to repeat the first finding; undefined without one. */
  readonly repeat: string | undefined;
}

/** What happens besides. */
export interface FuzzOptions {
  /** Called with the number of cases so far. */
  readonly onProgress?: (cases: number) => void;
  /** Whether a finding is repeated with fewer steps. @default true */
  readonly isShortened?: boolean;
}

/** Runs cases until something is found. */
export async function fuzz(
  settings: FuzzSettings,
  { onProgress = () => {}, isShortened = true }: FuzzOptions = {},
): Promise<FuzzResult> {
  const { case: only, cases: wanted, from = 0, jobs } = settings;
  const startedAt = performance.now();
  const totals: { cases: number; findings: Finding[]; counts: Record<string, number>; longestTurn: number } =
    { cases: 0, findings: [], counts: {}, longestTurn: 0 };
  const add = ({ cases = 0, findings = [], counts = {}, longestTurn = 0 }: Partial<BatchResult>): boolean => {
    totals.cases += cases;
    totals.findings.push(...findings);
    totals.longestTurn = Math.max(totals.longestTurn, longestTurn);
    for (const [name, count] of Object.entries(counts))
      totals.counts[name] = (totals.counts[name] ?? 0) + count;
    onProgress(totals.cases);
    return totals.findings.length === 0;
  };
  const batch = only === undefined ? undefined : Math.floor(only / batchSize);
  const batches = batch === undefined ? Math.ceil(wanted / batchSize) : batch + 1;
  const size = batch === undefined ? Math.min(wanted, batchSize) : batchSize; // a run may be smaller than a batch
  const stride = batch === undefined ? Math.min(jobs, batches) : 1;
  const begin = Math.floor(from / batchSize);
  const firsts = batch === undefined ? Array.from({ length: stride }, (_, index) => begin + index) : [batch];
  await Promise.all(
    firsts.map((first) => runProcess({ ...settings, first, stride, batches, batchSize, size }, add)),
  );
  const [first] = totals.findings;
  const seconds = (performance.now() - startedAt) / 1_000;
  const repeat = first && isShortened && only === undefined ? await shortest(settings, first) : undefined;
  return { ...totals, seconds, repeat };
}

/** The command that repeats a finding: its case alone, with as few steps as still show it, or else its batch. */
async function shortest(settings: FuzzSettings, { case: found, oracle }: Finding): Promise<string> {
  const { seed, world, scenario, mutant } = settings;
  const shown = async (maxSteps: number | undefined): Promise<boolean> => {
    const { findings } = await fuzz({ ...settings, case: found, maxSteps });
    return findings.some((finding) => finding.oracle === oracle);
  };
  const common = [
    `npm run fuzz -- --seed ${seed}`,
    ...(world === undefined ? [] : [`--world ${world}`]),
    ...(scenario === undefined ? [] : [`--scenario ${JSON.stringify(scenario)}`]),
    ...(mutant === undefined ? [] : [`--mutant ${JSON.stringify(mutant.name)}`]),
  ].join(" ");
  if (!(await shown(undefined))) {
    const from = Math.floor(found / batchSize) * batchSize;
    return `${common} --from ${from} --cases ${from + batchSize} (the batch of case ${found})`;
  }
  let enough = 16;
  if (await shown(enough)) {
    let few = 0;
    while (enough - few > 1) {
      const middle = Math.floor((few + enough) / 2);
      if (await shown(middle)) enough = middle;
      else few = middle;
    }
    return `${common} --case ${found} --steps ${enough}`;
  }
  return `${common} --case ${found}`;
}
