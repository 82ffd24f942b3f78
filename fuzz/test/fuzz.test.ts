import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mutants } from "../mutants/mutants.ts";
import { fuzz } from "../runner/fuzz.ts";
import { worlds } from "../worlds.ts";

/** Two processes load the product first; in ms. */
const timeout = 180_000;

test.each([
  { world: "memory", cases: 1_000, succeeded: "welcomes: resumed", failed: "welcomes: reset" },
  {
    world: "server",
    cases: 1_000,
    succeeded: "server's welcomes: resumed",
    failed: "server's welcomes: reset",
  },
  { world: "tcp", cases: 100, succeeded: "raw handshakes: 101", failed: "raw handshakes: 404" },
])(
  "$cases cases in the world $world find nothing, and most of their handshakes or resumes succeed",
  { timeout },
  async (row) => {
    const { world, cases: wanted, succeeded, failed } = row;
    const { findings, cases, counts } = await fuzz({ seed: 1, cases: wanted, jobs: 2, world });
    expect([findings, cases]).toEqual([[], wanted]);
    expect(counts[succeeded]).toBeGreaterThan(2 * Number(counts[failed]));
  },
);

test("a run that begins at a case runs the others", { timeout }, async () => {
  const { findings, cases } = await fuzz({ seed: 1, cases: 1_500, from: 1_000, jobs: 2, world: "memory" });
  expect([findings, cases]).toEqual([[], 500]);
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
