import type { Failure } from "../runner/worker-pool.ts";
import { type Counts, type Tally, total } from "./statistics.ts";

/** What is to be said about the schedules of a mode, besides their tally. */
export interface About {
  readonly mode: string;
  readonly first: number;
  readonly commit: string;
  readonly ms: number;
}

/** What a reader wants to know of many schedules. */
export function report(tally: Tally, { mode, first, commit, ms }: About): string {
  const { schedules, faults, handed, spoiled } = tally;
  const perSchedule = (many: number): string => (many / schedules).toFixed(1);
  return [
    `${mode}: ${number(schedules)} schedules (seeds ${first} to ${first + schedules - 1}, ${commit}), ${perSchedule(total(faults))} faults per schedule`,
    `  faults    ${list(faults)}`,
    `  said      ${list(tally.said)}`,
    `  handed    ${number(handed["server"] ?? 0)} to the server, ${number(handed["client"] ?? 0)} to clients; ${number(handed["again"] ?? 0)} handlers invoked again`,
    `  outcomes  ${list(tally.outcomes)}`,
    `  sessions  ${list(tally.work)}; resets: ${list(tally.resets)}; gaps: ${list(tally.gaps)}`,
    `  schedules with something lost (I3) ${spoiled["lost"] ?? 0} · duplicated (I2) ${spoiled["duplicated"] ?? 0} · reordered (I1) ${spoiled["reordered"] ?? 0} · silent gaps (I13, I16) ${spoiled["silent gaps"] ?? 0}`,
    `  ${(ms / 1_000).toFixed(1)} s, ${number(Math.round((schedules / ms) * 1_000))} schedules a second`,
  ].join("\n");
}

/** Every invariant by name: where it held, and in how many schedules it was judged, if not in all. */
export function verdict({ schedules, judged, broken }: Tally): string {
  const names = Array.from({ length: 25 }, (_, index) => `I${index}`);
  const held = names.filter((name) => judged[name] && !broken[name]);
  const always = held.filter((name) => judged[name] === schedules);
  const lines: readonly [string, readonly string[]][] = [
    [`held in each of ${number(schedules)} schedules`, always],
    [
      "held where they were judged",
      held
        .filter((name) => !always.includes(name))
        .map((name) => `${name} in ${number(judged[name] ?? 0)} schedules`),
    ],
    ["broken", names.filter((name) => broken[name])],
    ["never judged", names.filter((name) => !judged[name])],
  ];
  return lines
    .flatMap(([what, which]) => (which.length > 0 ? [`${what}: ${which.join(", ")}`] : []))
    .join("\n");
}

/** One line for each invariant that was broken, with the first schedule that breaks it and how to see it again. */
export function complaints(failures: readonly Failure[], { broken }: Tally, mutant?: string): string {
  const lines = Object.entries(broken).map(([name, many]) => {
    const breaking = failures.filter(({ violations }) => violations.some(({ of }) => of === name));
    const [first] = breaking.sort((one, other) => one.seed - other.seed);
    const what = first?.violations.find(({ of }) => of === name)?.what ?? "";
    return `  ${name} is broken in ${number(many)} schedules, first: ${what}\n    ${first ? replay(first, mutant) : ""}`;
  });
  return lines.join("\n");
}

/** The command that tells a schedule. */
export function replay({ mode, seed }: Pick<Failure, "mode" | "seed">, mutant?: string): string {
  return `npm run sim -- --mode ${mode} --seed ${seed}${mutant === undefined ? "" : ` --mutant "${mutant}"`}`;
}

function list(counts: Counts): string {
  const parts = Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([name, many]) => `${name} ${number(many)}`);
  return parts.join(", ") || "none";
}

function number(many: number): string {
  return many.toLocaleString("en");
}
