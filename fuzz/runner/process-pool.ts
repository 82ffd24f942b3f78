import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Patch } from "../../sim/mutants/mutant.ts";
import type { Finding } from "../oracle/findings.ts";

/** The cases of one process. */
export interface Job {
  readonly seed: number;
  /** Its first batch; the others are `stride` apart, below `batches`. */
  readonly first: number;
  readonly stride: number;
  readonly batches: number;
  /** The cases of a batch. */
  readonly batchSize: number;
  /** How many cases of each batch run. */
  readonly size: number;
  /** The world of all batches. @default drawn for each batch */
  readonly world?: string | undefined;
  /** The scenario of all cases. @default drawn for each case */
  readonly scenario?: string | undefined;
  /** The only case of its batch that runs. @default all */
  readonly case?: number | undefined;
  /** The most steps of a case. @default any */
  readonly maxSteps?: number | undefined;
  /** A change of the product. @default none */
  readonly mutant?: FuzzMutantPatches | undefined;
}

/** The patches of a mutant, as the loader of modules applies them. */
export interface FuzzMutantPatches extends Patch {
  readonly name: string;
  readonly also?: readonly Patch[];
}

/** What a batch has shown. */
export interface BatchResult {
  readonly batch: number;
  readonly cases: number;
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<string, number>>;
  /** The processor time of its longest turn, in ms. */
  readonly longestTurn: number;
}

/** Runs a process until it has no more batches, or `onResult` returns false. */
export function runProcess(job: Job, onResult: (result: Partial<BatchResult>) => boolean): Promise<void> {
  const child = spawn(
    process.execPath,
    [
      "--conditions=symbolon-source",
      "--expose-gc",
      "--single-threaded",
      "--max-semi-space-size=32",
      "--max-old-space-size=1024",
      "--disable-warning=ExperimentalWarning",
      fileURLToPath(new URL("process-entry.mjs", import.meta.url)),
      JSON.stringify(job),
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let batch = job.first;
  let errorOutput = "";
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    child.kill("SIGKILL");
  };
  child.stderr.on("data", (data: Buffer) => (errorOutput = (errorOutput + String(data)).slice(-4_000)));
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (stopped) return;
    const result = JSON.parse(line) as Partial<BatchResult>;
    batch = (result.batch ?? batch) + job.stride;
    if (!onResult(result)) stop();
  });
  return new Promise((resolve) => {
    child.once("close", (code) => {
      if (code !== 0 && !stopped) {
        const description = `the process ended with ${code}: ${errorOutput}`;
        onResult({ findings: [{ oracle: "crash", description, case: batch * job.batchSize }] });
      }
      resolve();
    });
  });
}
