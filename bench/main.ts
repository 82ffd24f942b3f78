/** `npm run bench`: measures our server beside its peers, and prints how they compare. */
import { settingsOf } from "./options.ts";
import { number, tableOf } from "./report/table.ts";
import { describeMachine } from "./run/machine.ts";
import { measureWork } from "./run/measure.ts";
import type { Figure, Results } from "./run/results.ts";
import { selectWorks } from "./works/works.ts";

const settings = settingsOf(process.argv.slice(2));
const figures: Figure[] = [];
const results: Results = {
  machine: describeMachine(),
  rounds: settings.rounds,
  quick: settings.quick,
  figures,
};
console.log(JSON.stringify(results.machine));
for (const work of selectWorks(settings)) {
  const measured = await measureWork(work, settings, ({ name }, { value, wrong }) =>
    console.error(`${work.name} · ${name} · ${wrong ?? number(value)}`),
  );
  figures.push(...measured);
  console.log(`\n${tableOf(results, work.name)}`);
}
const isWrong = figures.some(({ samples }) => samples.some(({ wrong }) => wrong !== undefined));
process.exit(isWrong ? 1 : 0); // sockets of the load generator may still be open
