import { Worker } from "node:worker_threads";
import type { Mutant } from "../mutants/mutant.ts";
import type { Failure } from "../report/report.ts";
import type { Statistics } from "../report/statistics.ts";

/** Schedules for one thread. */
export interface Batch {
  /** Their mode. */
  readonly mode: string;
  /** The seed of the first one; the others have the seeds after it. */
  readonly firstSeed: number;
  /** Their number. */
  readonly count: number;
  /** Whether the result contains a description of each trace. */
  readonly describe?: boolean;
}

/** The result of a batch. */
export interface BatchResult {
  /** The mode of its schedules. */
  readonly mode: string;
  /** The statistics of its schedules. */
  readonly statistics: Statistics;
  /** The schedules that violated an invariant. */
  readonly failures: readonly Failure[];
  /** The lines that describe the traces. */
  readonly lines: readonly string[];
}

/** How batches run. */
export interface PoolOptions {
  /** The number of threads. */
  readonly threads: number;
  /** The mutant that the threads run instead of the product. */
  readonly mutant?: Mutant | undefined;
}

/** Runs batches in threads until none is left or `onResult` returns false. Rejects when a thread fails. */
export async function runBatches(
  batches: Iterator<Batch>,
  { threads, mutant }: PoolOptions,
  onResult: (result: BatchResult) => boolean,
): Promise<void> {
  let running = true;
  const runThread = async (): Promise<void> => {
    const worker = startWorker(mutant);
    try {
      while (running) {
        const next = batches.next();
        if (next.done === true) return;
        const result = await runBatch(worker, next.value);
        if (!onResult(result)) running = false;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: threads }, runThread));
}

function startWorker(mutant: Mutant | undefined): Worker {
  return new Worker(new URL("worker-entry.mjs", import.meta.url), {
    workerData: { mutant },
    execArgv: ["--conditions=symbolon-source"],
    // A simulation makes many objects that live only for a short time.
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  });
}

function runBatch(worker: Worker, batch: Batch): Promise<BatchResult> {
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
