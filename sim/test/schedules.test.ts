import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { modes } from "../modes/modes.ts";
import { mutants } from "../mutants/mutants.ts";
import { type BatchResult, runAll } from "../runner/worker-pool.ts";

/** A thread reads all of the product and the simulator first, in ms. */
const timeout = 60_000;

/** What comes of a few schedules of a mode, told. */
async function tell(mode: string, first: number, many: number): Promise<BatchResult> {
  const results: BatchResult[] = [];
  await runAll([{ mode, first, many, stories: true }].values(), { jobs: 1 }, (result) => {
    results.push(result);
    return true;
  });
  const [only] = results;
  if (!only) throw new Error("the thread gave nothing");
  return only;
}

test("the same seed tells the same story, whatever ran before it in its thread", { timeout }, async () => {
  const [alone, behindOthers] = await Promise.all([tell("storm", 5, 1), tell("storm", 3, 3)]);
  expect(alone.story.length).toBeGreaterThan(100);
  expect(behindOthers.story.slice(-alone.story.length)).toEqual(alone.story);
});

test("what calm breaks is nothing, also when a schedule is run twice (I23)", { timeout }, async () => {
  const { failures, tally } = await tell("calm", 50, 1);
  expect(failures).toEqual([]);
  expect(tally.faults).toEqual({});
});

test("every mode has a sentence and its faults", () => {
  for (const [name, { faults, mix }] of Object.entries(modes))
    expect([name, faults > 0]).toEqual([name, Object.keys(mix).length > 0]);
});

test.each(mutants)("mutant: $name", ({ also = [], mode, ...patch }) => {
  expect(Object.keys(modes)).toContain(mode);
  for (const { file, find } of [patch, ...also]) {
    const source = readFileSync(new URL(`../../packages/${file}`, import.meta.url), "utf8");
    expect([file, source.split(find).length - 1]).toEqual([file, 1]);
  }
});
