import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { modes } from "../modes/modes.ts";
import { mutants } from "../mutants/mutants.ts";
import { type BatchResult, runBatches } from "../runner/worker-pool.ts";

/** A thread loads the product and the simulator first; in ms. */
const timeout = 60_000;

/** Runs some schedules in one thread and describes their traces. */
async function runSchedules(mode: string, firstSeed: number, count: number): Promise<BatchResult> {
  const results: BatchResult[] = [];
  await runBatches([{ mode, firstSeed, count, describe: true }].values(), { threads: 1 }, (result) => {
    results.push(result);
    return true;
  });
  const [only] = results;
  if (!only) throw new Error("the thread gave no result");
  return only;
}

test("a seed gives the same trace, also after another schedule ran in its thread", { timeout }, async () => {
  const [alone, afterOthers] = await Promise.all([runSchedules("storm", 5, 1), runSchedules("storm", 3, 3)]);
  expect(alone.lines.length).toBeGreaterThan(100);
  expect(afterOthers.lines.slice(-alone.lines.length)).toEqual(alone.lines);
});

test("the mode calm violates no invariant, also when a schedule runs twice (I23)", { timeout }, async () => {
  const { failures, statistics } = await runSchedules("calm", 50, 1);
  expect(failures).toEqual([]);
  expect(statistics.faults).toEqual({});
});

test("a mode has weights for its faults exactly if it has faults", () => {
  for (const [name, { maxFaults, faults }] of Object.entries(modes))
    expect([name, maxFaults > 0]).toEqual([name, Object.keys(faults).length > 0]);
});

test.each(mutants)(
  "the texts that this mutant replaces occur once: $name",
  ({ also = [], mode, ...patch }) => {
    expect(Object.keys(modes)).toContain(mode);
    for (const { file, find } of [patch, ...also]) {
      const source = readFileSync(new URL(`../../packages/${file}`, import.meta.url), "utf8");
      expect([file, source.split(find).length - 1]).toEqual([file, 1]);
    }
  },
);
