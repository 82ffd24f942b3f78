/** `npm run bench`: measures our server beside its peers, or with its stores, and prints how they compare. */
import { writeFileSync } from "node:fs";
import { settingsOf } from "./options.ts";
import { comparisonOf } from "./report/comparison.ts";
import { writePage, writeStores } from "./report/page.ts";
import { budgetTable, hasBudget, machineLines, warningOf } from "./report/print.ts";
import { number, tableOf } from "./report/table.ts";
import { startDatabases } from "./run/databases.ts";
import { describeMachine, type Machine } from "./run/machine.ts";
import { measureWork } from "./run/measure.ts";
import type { Figure, Results } from "./run/results.ts";
import type { Work } from "./run/work.ts";
import { storeWorks } from "./works/stores/store-works.ts";
import { missingPrograms, peerWorks, selectWorks } from "./works/works.ts";

const settings = settingsOf(process.argv.slice(2));
const { stores, json, compare, write } = settings;
const results = await runBench();
if (hasBudget(results)) console.log(`\n### Budgets\n\n${budgetTable(results)}`);
const warning = warningOf(results.machine);
if (warning !== undefined) console.log(`\n${warning}`);
if (compare !== undefined) console.log(`\n### Since ${compare}\n\n${comparisonOf(results, compare)}`);

const isWrong = results.figures.some(({ samples }) => samples.some(({ wrong }) => wrong !== undefined));
if (write && !isWrong) (stores ? writeStores : writePage)(results);
if (isWrong) console.log("\nA server has delivered something wrong: see WRONG above.");
process.exit(isWrong ? 1 : 0); // sockets of the load generator may still be open

async function runBench(): Promise<Results> {
  if (!stores) return await measureWorks(describeMachine(), missingPrograms().map(notInstalled), peerWorks);
  const { urls, versions, missing, stop } = await startDatabases();
  try {
    return await measureWorks(describeMachine(versions), missing, storeWorks(urls));
  } finally {
    await stop();
  }
}

async function measureWorks(
  machine: Machine,
  missing: readonly string[],
  works: readonly Work[],
): Promise<Results> {
  const { rounds, quick } = settings;
  const figures: Figure[] = [];
  const run: Results = { machine, rounds, quick, figures };
  console.log([`${rounds} rounds`, ...machineLines(machine), ...missing].join("\n"));
  for (const work of selectWorks(works, settings)) {
    const measured = await measureWork(work, settings, ({ name }, { value, wrong }) =>
      console.error(`${work.name} · ${name} · ${wrong ?? number(value)}`),
    );
    figures.push(...measured);
    console.log(`\n${tableOf(run, work.name)}`);
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(run, undefined, 1)}\n`);
  }
  return run;
}

function notInstalled(program: string): string {
  return `${program}: not installed`;
}
