/** Writes docs/performance.md from a run. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Results } from "../run/results.ts";
import { budgetTable, hasBudget, machineLines, warningOf } from "./print.ts";
import { tableOf } from "./table.ts";

const page = fileURLToPath(new URL("../../../docs/performance.md", import.meta.url));
/** The figures of stores are between these; the method of them is above. */
const storeMarkers = [
  "<!-- `npm run bench -- --stores --write` writes what follows, -->",
  "<!-- up to here. -->",
] as const;
/** The figures of the page begin here: the text above is written by hand, except the figures of stores. */
const marker = "<!-- `npm run bench -- --write` writes what follows. -->";

/** Replaces the figures of the page. */
export function writePage(results: Results): void {
  const [before = ""] = readFileSync(page, "utf8").split(marker);
  const lines = [
    ...(hasBudget(results) ? ["## Budgets", budgetTable(results)] : []),
    "## Figures",
    ...figuresOf(results),
  ];
  writeFileSync(page, `${before}${marker}\n\n${lines.join("\n\n")}\n`);
}

/** Replaces the figures of stores. @throws Error when the page has no place for them. */
export function writeStores(results: Results): void {
  const [start, end] = storeMarkers;
  const text = readFileSync(page, "utf8");
  const [before, rest] = text.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${page} must have ${start} and ${end}`);
  const lines = [
    ...(hasBudget(results) ? ["### Longest pauses beside their target", budgetTable(results)] : []),
    ...figuresOf(results),
  ];
  writeFileSync(page, `${before}${start}\n\n${lines.join("\n\n")}\n\n${end}${after}`);
}

/** The machine, a warning where one is needed, and a table for each work. */
function figuresOf(results: Results): string[] {
  const { machine, rounds, quick, figures } = results;
  const warning = warningOf(machine);
  const works = [...new Set(figures.map(({ work }) => work))];
  return [
    `Medians of ${rounds} interleaved rounds${quick ? " of a quick run" : ""}. ${machineLines(machine).join(". ")}.`,
    ...(warning === undefined ? [] : [warning]),
    ...works.map((work) => tableOf(results, work)),
  ];
}
