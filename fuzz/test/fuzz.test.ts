import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mutants } from "../mutants/mutants.ts";
import { fuzz } from "../runner/fuzz.ts";
import { worlds } from "../worlds.ts";

/** Two processes load the product first; in ms. */
const timeout = 180_000;

test("2,000 cases of one seed find nothing, and most resumes succeed", { timeout }, async () => {
  const { findings, cases, counts } = await fuzz({ seed: 1, cases: 2_000, jobs: 2 });
  expect(findings).toEqual([]);
  expect(cases).toBe(2_000);
  const of = (name: string): number => counts[name] ?? 0;
  expect(of("welcomes: resumed")).toBeGreaterThan(3 * of("welcomes: reset"));
  expect(of("server's welcomes: resumed")).toBeGreaterThan(of("server's welcomes: reset"));
});

test("a case that finds something is named, with a command that repeats it", { timeout }, async () => {
  const mutant = mutants.find(({ finding }) => finding === "V7");
  const { findings, repeat } = await fuzz({
    seed: 1,
    cases: 100,
    jobs: 1,
    world: mutant?.world,
    scenario: mutant?.scenario,
    mutant,
  });
  expect(findings[0]).toMatchObject({ oracle: "turn", case: 0 });
  expect(repeat).toMatch(
    /^npm run fuzz -- --seed 1 --world memory --scenario "long acknowledgements" --mutant "[^"]+" --case 0/,
  );
});

test.each(mutants)("the texts that this mutant replaces occur once: $name", ({ also = [], ...mutant }) => {
  expect(worlds[mutant.world]?.scenarios.map(({ name }) => name)).toContain(mutant.scenario);
  for (const { file, find } of [mutant, ...also]) {
    const source = readFileSync(new URL(`../../packages/${file}`, import.meta.url), "utf8");
    expect([file, source.split(find).length - 1]).toEqual([file, 1]);
  }
});
