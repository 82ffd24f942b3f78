/** Compares the cost of our types for the compiler with docs/type-cost.md. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Costs, measure } from "./type-cost/measure.ts";
import { faultsOf, pageName, pageOf } from "./type-cost/page.ts";
import { slow } from "./time-limits.ts";

/** Costs with the given number of instantiations of the contract. */
function costsWith(instantiations: number): Costs {
  const cost = { instantiations: 100, types: 10, memory: 2_048 };
  return {
    "the schemas alone": cost,
    "the contract": { ...cost, instantiations },
    "the server": cost,
    "the client": cost,
  };
}

test("no program costs more than a tenth above its recorded cost", slow, async () => {
  const page = readFileSync(join(import.meta.dirname, "..", pageName), "utf8");
  expect(faultsOf(await measure(), page)).toEqual([]);
});

test("the page has the cost of our types alone, and the memory in MB", () => {
  const rows = pageOf(costsWith(1_000)).split("\n");
  expect(rows).toContain("| the schemas alone | 100 | 0 | 10 | 2 MB |");
  expect(rows).toContain("| the contract | 1000 | 900 | 10 | 2 MB |");
});

test("a tenth more passes, and one more than a tenth is a fault that names the command to run", () => {
  const page = pageOf(costsWith(1_000));
  expect(faultsOf(costsWith(1_100), page)).toEqual([]);
  expect(faultsOf(costsWith(1_101), page)).toEqual([
    expect.stringMatching(/^the contract takes 1101 instantiations; .* has 1000, .*npm run type-cost/),
  ]);
});

test("a program without a figure is a fault", () => {
  const page = pageOf(costsWith(1_000)).replace("| the contract |", "| another |");
  expect(faultsOf(costsWith(1_000), page)).toEqual([
    "docs/type-cost.md has no figure for the contract: npm run type-cost",
  ]);
});
