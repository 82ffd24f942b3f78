/** Follows the walks of ARCHITECTURE.md: real messages must pass through the functions that it lists, and through no others. */
import { existsSync, readFileSync } from "node:fs";
import { parseSync } from "vite";
import { describe, expect, test } from "vitest";
import { type FunctionNode, functionsOf } from "./walks/functions.ts";
import { scenarios } from "./walks/scenarios.ts";
import type { Call } from "./walks/trace.ts";
import { type Hop, walksOf } from "./walks/walks.ts";

const maxHops = 14;
const maxFiles = 10;

const walks = walksOf(readFileSync(new URL("../ARCHITECTURE.md", import.meta.url), "utf8"));

test("ARCHITECTURE.md has a walk for each scenario", () => {
  expect(walks.map(({ title }) => title)).toEqual(Object.keys(scenarios));
});

describe.each(walks)("the walk of $title", ({ title, visits }) => {
  const hops = visits.flat();
  const files = visits.map(([hop]) => hop?.file ?? "");

  test(`has at most ${maxHops} hops through at most ${maxFiles} files`, () => {
    expect(hops.length).toBeGreaterThan(4);
    expect(hops.length).toBeLessThanOrEqual(maxHops);
    expect(new Set(files).size).toBeLessThanOrEqual(maxFiles);
  });

  test("names functions that their files declare", () => {
    const unknown = hops.filter(({ file, name }) => !declares(file, name));
    expect(unknown).toEqual([]);
  });

  test("has one line for each visit of a file, and returns to none from a function that only forwards", () => {
    expect(files.filter((file, index) => file === files[index + 1])).toEqual([]);
    const detours = visits.filter(
      (visit, index) => files[index - 1] === files[index + 1] && visit.every(forwards),
    );
    expect(detours).toEqual([]);
  });

  test("is the way that a message takes", async () => {
    const calls = await scenarios[title]?.();
    expect(steps(hops, calls ?? [])).toEqual(hops);
  });
});

/** The functions of a file, as `server/node/upgrade.ts`. */
function functionsIn(file: string): FunctionNode[] {
  const path = new URL(`../packages/${file.replace("/", "/src/")}`, import.meta.url);
  return existsSync(path) ? functionsOf(parseSync(file, readFileSync(path, "utf8")).program) : [];
}

function declares(file: string, name: string): boolean {
  return functionsIn(file).some(({ names }) => names.includes(name));
}

function forwards({ file, name }: Hop): boolean {
  return functionsIn(file).some((one) => one.names[0] === name && one.forwards);
}

/** What the calls show of each hop, sought from the last one on: whether it starts later, and the functions before it that the walk does not list. */
function steps(hops: readonly Hop[], calls: readonly Call[]): object[] {
  let next = calls.length;
  const found = hops.toReversed().map((hop, index) => {
    const isFirst = index === hops.length - 1;
    const candidates = calls.slice(0, next).filter((call) => isCallOf(call, hop));
    const clean = candidates.filter((one) => isFirst || unlistedCallers(one, hops).length === 0);
    const call = clean.findLast((one) => !one.forwards && !one.resumed) ?? clean.at(-1) ?? candidates.at(-1);
    if (call !== undefined) next = calls.indexOf(call);
    return { ...hop, call, at: next, unlisted: call && !isFirst ? unlistedCallers(call, hops) : [] };
  });
  found.reverse();
  return found.map(({ file, name, call, unlisted }, index) => {
    if (call === undefined) return { file, name, missing: true };
    const turn = callersOf(call).at(-1) ?? call;
    const later = index > 0 && calls.indexOf(turn) > (found[index - 1]?.at ?? 0);
    return { file, name, later, ...(unlisted.length > 0 && { unlisted }) };
  });
}

/** The callers of a call since the first hop that are not hops, but for those that only forward. */
function unlistedCallers(call: Call, hops: readonly Hop[]): string[] {
  const callers = callersOf(call);
  const first = callers.findIndex((caller) => hops.slice(0, 1).some((hop) => isCallOf(caller, hop)));
  return callers
    .slice(0, first < 0 ? undefined : first)
    .filter((caller) => !caller.forwards && !hops.some((hop) => isCallOf(caller, hop)))
    .map(({ file, names }) => `${file}: ${names.join(" in ")}`);
}

function isCallOf(call: Call, { file, name }: Hop): boolean {
  return call.file === file && call.names.includes(name);
}

/** The callers of a call, the nearest first. */
function callersOf({ caller }: Call): Call[] {
  return caller === undefined ? [] : [caller, ...callersOf(caller)];
}
