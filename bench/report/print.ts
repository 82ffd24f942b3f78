import type { Machine } from "../run/machine.ts";
import type { Results } from "../run/results.ts";
import { budgetRows } from "./budgets.ts";
import { alignRows } from "./table.ts";

/** Describes the machine and the versions, in a line each. */
export function machineLines({ cpu, cores, memory, system, versions, load }: Machine): string[] {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${cpu}, ${cores} cores, ${memory} GiB, ${system}; ${load} processes wanted to run when the bench began`,
    names.join(", "),
  ];
}

/** Whether the run has measured a line of the budgets. */
export function hasBudget(results: Pick<Results, "figures">): boolean {
  return budgetRows(results).length > 1;
}

/** Prints the budgets, each as met or missed. */
export function budgetTable(results: Pick<Results, "figures">): string {
  return alignRows(budgetRows(results)).join("\n");
}

/** What a reader of the figures must know: another program may have disturbed them. */
export function warningOf({ load, cores }: Machine): string | undefined {
  return load > cores / 2
    ? `Other programs were busy (${load} processes on ${cores} cores): believe the ratios of CPU time, not the latencies.`
    : undefined;
}
