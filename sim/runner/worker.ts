/** Runs the schedules that its thread is asked for. */
import { parentPort } from "node:worker_threads";
import { install } from "../virtual/globals.ts";
import type { Batch, BatchResult, Failure } from "./worker-pool.ts";

install(); // before anything of the product is there
const { World } = await import("../simulation/simulation.ts");
const { modes } = await import("../modes/modes.ts");
const { invariants, judge } = await import("../invariants/check-trace.ts");
const { story } = await import("../report/describe-trace.ts");
const { sameHanded, sameTrace } = await import("../invariants/compare-traces.ts");
const { add, count, nothing } = await import("../report/statistics.ts");

const ofOneTrace = invariants.map(({ name }) => name);

/** Every so many seeds one is run twice, for I23. */
const twice = 50;

async function run({ mode, first, many, stories }: Batch): Promise<BatchResult> {
  const chosen = modes[mode];
  if (!chosen) throw new Error(`there is no mode ${mode}: choose one of ${Object.keys(modes).join(", ")}`);
  let tally = nothing;
  const failures: Failure[] = [];
  let told: string[] = [];
  // Most errors of a world are as they should be, and where they come from costs time: only a story tells it.
  Error.stackTraceLimit = stories ? 1 : 0;
  for (let seed = first; seed < first + many; seed += 1) {
    const trace = await new World(seed, chosen).run();
    const violations = judge(trace.entries);
    const judged = [...ofOneTrace];
    if (seed % twice === 0) {
      judged.push("I23");
      violations.push(...sameTrace(trace, await new World(seed, chosen).run()));
    }
    if (chosen.twins) {
      judged.push("I17");
      const plain = await new World(seed, chosen, { plain: true }).run();
      violations.push(...sameHanded(trace, plain));
      // The rest is about sessions.
      violations.push(
        ...judge(plain.entries).filter(({ of }) => ["I0", "I2", "I19", "I20", "I21"].includes(of)),
      );
    }
    tally = add(tally, count(trace.entries, judged, violations));
    if (violations.length > 0) failures.push({ mode, seed, violations });
    if (stories) told = told.concat(story(trace.entries));
  }
  return { mode, tally, failures, story: told };
}

parentPort?.on("message", (batch: Batch) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  void run(batch).then((result) => parentPort?.postMessage(result));
});
