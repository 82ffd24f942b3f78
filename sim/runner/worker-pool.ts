import { Worker } from "node:worker_threads";
import type { Violation } from "../invariants/check-trace.ts";
import type { Mutant } from "../mutants/mutant.ts";
import type { Tally } from "../report/statistics.ts";

/** Schedules for one thread: seeds `first` to `first + many - 1`. */
export interface Batch {
  readonly mode: string;
  readonly first: number;
  readonly many: number;
  /** Whether each is to be told, line by line. */
  readonly stories?: boolean;
}

/** A schedule in which something happened that must not. */
export interface Failure {
  readonly mode: string;
  readonly seed: number;
  readonly violations: readonly Violation[];
}

/** What came of a batch. */
export interface BatchResult {
  readonly mode: string;
  readonly tally: Tally;
  readonly failures: readonly Failure[];
  readonly story: readonly string[];
}

/** Runs batches in `jobs` threads until there is none left or `told` gives false. Rejects when a thread fails. */
export async function runAll(
  batches: Iterator<Batch>,
  { jobs, mutant }: { readonly jobs: number; readonly mutant?: Mutant | undefined },
  told: (result: BatchResult) => boolean,
): Promise<void> {
  let going = true;
  const thread = async (): Promise<void> => {
    const worker = startWorker(mutant);
    try {
      while (going) {
        const next = batches.next();
        if (next.done === true) return;
        const result = await ask(worker, next.value);
        if (!told(result)) going = false;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: jobs }, thread));
}

function startWorker(mutant: Mutant | undefined): Worker {
  return new Worker(new URL("worker-entry.mjs", import.meta.url), {
    workerData: { mutant },
    execArgv: ["--conditions=symbolon-source"],
    // A world is a lot of small things that are soon forgotten.
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  });
}

function ask(worker: Worker, batch: Batch): Promise<BatchResult> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (result: BatchResult) => {
      worker.off("error", reject);
      resolve(result);
    });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage(batch);
  });
}
