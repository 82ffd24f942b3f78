/** The program of a worker thread: runs the schedules of each batch that it receives. */
import { parentPort } from "node:worker_threads";
import type { Failure } from "../report/report.ts";
import { installVirtualGlobals } from "../virtual/globals.ts";
import type { Batch, BatchResult } from "./worker-pool.ts";

installVirtualGlobals(); // before any module of the product is imported
const { Simulation } = await import("../simulation/simulation.ts");
const { modes } = await import("../modes/modes.ts");
const { checkTrace, invariants } = await import("../invariants/check-trace.ts");
const { checkDeterminism, checkPlainMode } = await import("../invariants/compare-traces.ts");
const { describeTrace } = await import("../report/describe-trace.ts");
const { addStatistics, countSchedule, noStatistics } = await import("../report/statistics.ts");

const invariantsOfOneTrace = invariants.map(({ name }) => name);
/** The invariants that hold in plain mode as well; all others are about sessions. */
const invariantsOfPlainMode = ["I0", "I2", "I19", "I20", "I21"];
/** Every schedule whose seed is divisible by this number runs twice, to check I23. */
const repeatedSeeds = 50;

async function runBatch({ mode, firstSeed, count, describe = false }: Batch): Promise<BatchResult> {
  const definition = modes[mode];
  if (!definition) throw new Error(`unknown mode "${mode}": use one of ${Object.keys(modes).join(", ")}`);
  let statistics = noStatistics;
  const failures: Failure[] = [];
  let lines: string[] = [];
  // Schedules cause many errors on purpose, and a stack trace costs time, so errors have one only in a description.
  Error.stackTraceLimit = describe ? 1 : 0;
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    const trace = await new Simulation(seed, definition).run();
    const violations = checkTrace(trace.entries);
    const checked = [...invariantsOfOneTrace];
    if (seed % repeatedSeeds === 0) {
      checked.push("I23");
      violations.push(...checkDeterminism(trace, await new Simulation(seed, definition).run()));
    }
    if (definition.compareWithPlain) {
      checked.push("I17");
      const plain = await new Simulation(seed, definition, { plain: true }).run();
      violations.push(...checkPlainMode(trace, plain));
      violations.push(
        ...checkTrace(plain.entries).filter(({ invariant }) => invariantsOfPlainMode.includes(invariant)),
      );
    }
    statistics = addStatistics(statistics, countSchedule(trace.entries, checked, violations));
    if (violations.length > 0) failures.push({ mode, seed, violations });
    if (describe) lines = lines.concat(describeTrace(trace.entries));
  }
  return { mode, statistics, failures, lines };
}

parentPort?.on("message", (batch: Batch) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  void runBatch(batch).then((result) => parentPort?.postMessage(result));
});
