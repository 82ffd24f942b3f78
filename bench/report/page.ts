/** Writes docs/performance.md from a run. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Results } from "../run/results.ts";
import { budgetTable, hasBudget, machineLines, warningOf } from "./print.ts";
import { tableOf } from "./table.ts";

const page = fileURLToPath(new URL("../../../docs/performance.md", import.meta.url));
/** The figures of the page begin here: the text above is written by hand. */
const marker = "<!-- `npm run bench -- --write` writes what follows. -->";

/** Replaces the figures of the page. */
export function writePage(results: Results): void {
  const { machine, rounds, quick, figures } = results;
  const [byHand = ""] = readFileSync(page, "utf8").split(marker);
  const warning = warningOf(machine);
  const works = [...new Set(figures.map(({ work }) => work))];
  const lines = [
    ...(hasBudget(results) ? ["## Budgets", budgetTable(results)] : []),
    "## Figures",
    `Medians of ${rounds} interleaved rounds${quick ? " of a quick run" : ""}. ${machineLines(machine).join(". ")}.`,
    ...(warning === undefined ? [] : [warning]),
    ...works.map((work) => tableOf(results, work)),
  ];
  writeFileSync(page, `${byHand}${marker}\n\n${lines.join("\n\n")}\n`);
}
