/** Holds our types to what docs/type-cost.md says they cost the compiler. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Costs, measure } from "./type-cost/measure.ts";
import { faultsOf, pageName, pageOf } from "./type-cost/page.ts";

/** Costs of which only the instantiations of the contract matter. */
function costing(instantiations: number): Costs {
  const cost = { instantiations: 100, types: 10, memory: 2_048 };
  return {
    "the schemas alone": cost,
    "the contract": { ...cost, instantiations },
    "the server's half": cost,
    "the client's half": cost,
  };
}

test("no program costs more than a tenth above what is recorded", { timeout: 60_000 }, async () => {
  const page = readFileSync(join(import.meta.dirname, "..", pageName), "utf8");
  expect(faultsOf(await measure(), page)).toEqual([]);
});

test("the page says what is ours, and the memory in MB", () => {
  const rows = pageOf(costing(1_000)).split("\n");
  expect(rows).toContain("| the schemas alone | 100 | 0 | 10 | 2 MB |");
  expect(rows).toContain("| the contract | 1000 | 900 | 10 | 2 MB |");
});

test("a tenth more is no fault, and one more than that is, which says what to do", () => {
  const page = pageOf(costing(1_000));
  expect(faultsOf(costing(1_100), page)).toEqual([]);
  expect(faultsOf(costing(1_101), page)).toEqual([
    expect.stringMatching(/^the contract takes 1101 instantiations; .* has 1000, .*npm run type-cost/),
  ]);
});

test("a program without a figure is a fault", () => {
  const page = pageOf(costing(1_000)).replace("| the contract |", "| another |");
  expect(faultsOf(costing(1_000), page)).toEqual([
    "docs/type-cost.md has no figure for the contract: npm run type-cost",
  ]);
});
