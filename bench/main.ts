/** `npm run bench`: measures our server beside its peers, and prints how they compare. */
import { writeFileSync } from "node:fs";
import { settingsOf } from "./options.ts";
import { comparisonOf } from "./report/comparison.ts";
import { writePage } from "./report/page.ts";
import { budgetTable, hasBudget, machineLines, warningOf } from "./report/print.ts";
import { number, tableOf } from "./report/table.ts";
import { describeMachine } from "./run/machine.ts";
import { measureWork } from "./run/measure.ts";
import type { Figure, Results } from "./run/results.ts";
import { missingPrograms, selectWorks } from "./works/works.ts";

const settings = settingsOf(process.argv.slice(2));
const { rounds, quick, json, compare, write } = settings;
const figures: Figure[] = [];
const results: Results = { machine: describeMachine(), rounds, quick, figures };
console.log([`${rounds} rounds`, ...machineLines(results.machine)].join("\n"));
for (const program of missingPrograms()) console.log(`${program}: not installed`);
for (const work of selectWorks(settings)) {
  const measured = await measureWork(work, settings, ({ name }, { value, wrong }) =>
    console.error(`${work.name} · ${name} · ${wrong ?? number(value)}`),
  );
  figures.push(...measured);
  console.log(`\n${tableOf(results, work.name)}`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, undefined, 1)}\n`);
}
if (hasBudget(results)) console.log(`\n### Budgets\n\n${budgetTable(results)}`);
const warning = warningOf(results.machine);
if (warning !== undefined) console.log(`\n${warning}`);
if (compare !== undefined) console.log(`\n### Since ${compare}\n\n${comparisonOf(results, compare)}`);

const isWrong = figures.some(({ samples }) => samples.some(({ wrong }) => wrong !== undefined));
if (write && !isWrong) writePage(results);
if (isWrong) console.log("\nA server has delivered something wrong: see WRONG above.");
process.exit(isWrong ? 1 : 0); // sockets of the load generator may still be open
