import type { Violation } from "../invariants/invariant.ts";
import { type Counts, type Statistics, totalOf } from "./statistics.ts";

/** A schedule that violated an invariant. */
export interface Failure {
  /** The mode of the schedule. */
  readonly mode: string;
  /** The seed of the schedule. */
  readonly seed: number;
  /** The violations. */
  readonly violations: readonly Violation[];
}

/** The run to which statistics belong. */
export interface RunInfo {
  /** The mode. */
  readonly mode: string;
  /** The first seed. */
  readonly firstSeed: number;
  /** The commit. */
  readonly commit: string;
  /** How long the run took, in ms. */
  readonly ms: number;
}

/** The figures of one mode, on several lines. */
export function formatMode(statistics: Statistics, { mode, firstSeed, commit, ms }: RunInfo): string {
  const { schedules, faults, sent, handled, outcomes, connections, resets, gaps, badDeliveries } = statistics;
  const lastSeed = firstSeed + schedules - 1;
  const faultsPerSchedule = (totalOf(faults) / schedules).toFixed(1);
  return [
    `${mode}: ${number(schedules)} schedules (seeds ${firstSeed} to ${lastSeed}, ${commit}), ${faultsPerSchedule} faults per schedule`,
    `  faults    ${list(faults)}`,
    `  sent      ${list(sent)}`,
    `  handled   ${number(handled["server"] ?? 0)} by the server, ${number(handled["client"] ?? 0)} by clients; ${number(handled["again"] ?? 0)} messages handled again`,
    `  outcomes  ${list(outcomes)}`,
    `  sessions  ${list(connections)}; resets: ${list(resets)}; gaps: ${list(gaps)}`,
    `  schedules with messages lost (I3) ${badDeliveries["lost"] ?? 0} · duplicated (I2) ${badDeliveries["duplicated"] ?? 0} · reordered (I1) ${badDeliveries["reordered"] ?? 0} · silent gaps (I13, I16) ${badDeliveries["silent gaps"] ?? 0}`,
    `  ${(ms / 1_000).toFixed(1)} s, ${number(Math.round((schedules / ms) * 1_000))} schedules per second`,
  ].join("\n");
}

/** The result of each invariant over all modes, on several lines. */
export function formatInvariants({ schedules, checked, violated }: Statistics): string {
  const names = Array.from({ length: 26 }, (_, index) => `I${index}`);
  const held = names.filter((name) => checked[name] && !violated[name]);
  const heldAlways = held.filter((name) => checked[name] === schedules);
  const heldSometimes = held.filter((name) => checked[name] !== schedules);
  const lines: readonly [string, readonly string[]][] = [
    [`held in each of ${number(schedules)} schedules`, heldAlways],
    [
      "held where they were checked",
      heldSometimes.map((name) => `${name} in ${number(checked[name] ?? 0)} schedules`),
    ],
    ["violated", names.filter((name) => violated[name])],
    ["never checked", names.filter((name) => !checked[name])],
  ];
  return lines
    .flatMap(([title, which]) => (which.length > 0 ? [`${title}: ${which.join(", ")}`] : []))
    .join("\n");
}

/** For each violated invariant the first schedule that violates it, and the command that repeats the schedule. */
export function formatViolations(
  failures: readonly Failure[],
  { violated }: Statistics,
  mutant?: string,
): string {
  const lines = Object.entries(violated).map(([name, count]) => {
    const ofInvariant = failures.filter(({ violations }) =>
      violations.some(({ invariant }) => invariant === name),
    );
    const [first] = ofInvariant.sort((one, other) => one.seed - other.seed);
    const description = first?.violations.find(({ invariant }) => invariant === name)?.description ?? "";
    const command = first ? repeatCommand(first, mutant) : "";
    return `  ${name} is violated in ${number(count)} schedules, first: ${description}\n    ${command}`;
  });
  return lines.join("\n");
}

/** The command that repeats a schedule and prints its trace. */
export function repeatCommand({ mode, seed }: Pick<Failure, "mode" | "seed">, mutant?: string): string {
  return `npm run sim -- --mode ${mode} --seed ${seed}${mutant === undefined ? "" : ` --mutant "${mutant}"`}`;
}

function list(counts: Counts): string {
  const parts = Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${name} ${number(count)}`);
  return parts.join(", ") || "none";
}

function number(count: number): string {
  return count.toLocaleString("en");
}
