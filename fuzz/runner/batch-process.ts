/** The program of a process that runs batches of cases, and prints a line of JSON for each. */
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { SeededRandom } from "../../sim/virtual/seeded-random.ts";
import { Findings } from "../oracle/findings.ts";
import { MemoryMeter } from "../oracle/memory-meter.ts";
import { TurnMeter, turns } from "../oracle/turn-meter.ts";
import { pickWeighted } from "../scenario.ts";
import { worlds } from "../worlds.ts";
import type { BatchResult, Job } from "./process-pool.ts";

const job = JSON.parse(process.argv[2] ?? "") as Job;
const shared = new Int32Array(new SharedArrayBuffer(12));
let findings = new Findings();
process.on("uncaughtException", (error) => findings.report("crash", describe(error)));
process.on("unhandledRejection", (error) => findings.report("crash", describe(error)));
console.error = (...args: unknown[]) => findings.count(args.length > 0 ? "lines in the error log" : "");
new Worker(new URL("watchdog.mjs", import.meta.url), { workerData: shared.buffer, execArgv: [] }).unref();

Error.stackTraceLimit = job.case === undefined ? 0 : 10; // cases cause many errors on purpose, and a stack costs time

/** The first cases of a process compile the product: their turns are not those of a running server. */
const warmUpCases = 30;
for (const name of job.world === undefined ? Object.keys(worlds) : [job.world]) {
  await runBatch(0, { ...job, seed: 0, world: name, scenario: undefined, case: undefined }, warmUpCases);
  findings = new Findings();
}
for (let batch = job.first; batch < job.batches; batch += job.stride) print(await runConfirmedBatch(batch));
process.exit();

/**
 * Runs a batch. When it has found nothing but a long turn it runs again, and the second run counts: a busy machine makes a turn
 * slower once, and a slow product is slow again.
 */
async function runConfirmedBatch(batch: number): Promise<BatchResult> {
  const result = await runBatch(batch, job, job.size);
  const isDoubtful = result.findings.length > 0 && result.findings.every(({ oracle }) => oracle === "turn");
  return isDoubtful ? runBatch(batch, job, job.size) : result;
}

/** Runs a batch: its cases share a world. */
async function runBatch(
  batch: number,
  { seed, world: chosen, scenario: wanted, case: only, maxSteps = Infinity }: Job,
  size: number,
): Promise<BatchResult> {
  findings = new Findings();
  const current = findings;
  const meter = new TurnMeter(current, shared);
  const memory = new MemoryMeter(current, meter);
  const random = new SeededRandom(seed, `batch ${batch}`);
  const drawn = pickWeighted(
    random,
    Object.entries(worlds).map(([name, kind]) => ({ name, kind, weight: kind.weight })),
  );
  const { kind } = chosen === undefined ? drawn : { kind: worlds[chosen] ?? drawn.kind };
  const scenarios = kind.scenarios.filter(({ name }) => wanted === undefined || name === wanted);
  current.case = batch * job.batchSize;
  memory.startBatch();
  const world = await kind.create({ findings: current, memory, random });
  meter.skip();
  let cases = 0;
  for (let index = 0; index < size && !isOver(current); index += 1) {
    const number = batch * job.batchSize + index;
    if (only !== undefined && number !== only) continue;
    current.case = number;
    Atomics.store(shared, 1, Math.floor(number / 2 ** 30));
    Atomics.store(shared, 2, number % 2 ** 30);
    const own = new SeededRandom(seed, `case ${number}`);
    const chance = new SeededRandom(seed, `chance ${number}`);
    Math.random = () => chance.next(); // by which the client draws its waits
    const scenario = pickWeighted(own, scenarios);
    current.count(`scenario: ${scenario.name}`);
    if (scenario.isHeavy === true) memory.startCase();
    await scenario.run(world, own, maxSteps);
    await world.afterCase(scenario.isHeavy === true);
    cases += 1;
  }
  if (!isOver(current)) await world.settle();
  await world.close();
  await turns(2);
  meter.stop();
  const { list, counts } = current;
  return { batch, cases, findings: list, counts, longestTurn: meter.longest };
}

/** A batch ends with the first case in which something was found. */
function isOver({ list }: Findings): boolean {
  return list.length > 0;
}

function print(result: BatchResult): void {
  writeSync(1, `${JSON.stringify(result)}\n`);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
