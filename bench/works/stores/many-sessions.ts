/** What other work in a store of many sessions costs a client that has nothing to do with it. */
import { setTimeout } from "node:timers/promises";
import type { BenchServer } from "../../run/bench-server.ts";
import type { Sample } from "../../run/sample.ts";
import { ServerProcess } from "../../run/server-process.ts";
import type { Scale, Work } from "../../run/work.ts";
import type { LoopPauses } from "../../servers/loop-watch.ts";
import type { StoreSubject } from "./subjects.ts";

/** What is done meanwhile, by its command, and how often: a first sweep leaves nothing for a second one. */
const actions: readonly (readonly [name: string, command: string, repeats: number])[] = [
  ["nothing", "nothing", 5],
  ["list of one principal", "list", 5],
  ["revoke", "revoke", 5],
  ["a node starts", "start", 1],
];

/** How long the bystander commits before it is measured, in ms: V8 compiles it meanwhile, except in a quick run. */
const [warmUpTime, quickWarmUpTime] = [2_000, 100];

/** What the bystander's process has found: how long a commit waited, in ms, and how many commits there were. */
interface Pauses extends LoopPauses {
  readonly wait: number;
  readonly steps: number;
}

/** What an action took, in ms, and the pauses of the process that did it. */
interface ActionTimes extends LoopPauses {
  readonly took: number;
}

/** Another process fills the store and acts, unless processes cannot share it: then the bystander's own process does. */
async function measurePauses(
  bystander: BenchServer,
  { env, isShared }: StoreSubject,
  [, command, repeats]: (typeof actions)[number],
  { quick }: Scale,
): Promise<Sample> {
  const prefix = (await bystander.command("prefix")) as string;
  const actor = isShared
    ? await ServerProcess.start("servers/store-node", { env: { ...env, BENCH_STORE_PREFIX: prefix } })
    : bystander;
  try {
    await actor.command("fill", quick ? 500 : 10_000);
    await bystander.command("commit");
    await setTimeout(quick ? quickWarmUpTime : warmUpTime);
    const all: (Pauses & { readonly action: ActionTimes })[] = [];
    for (let n = 0; n < repeats; n += 1) {
      await bystander.command("pauses");
      const action = (await actor.command(command, n)) as ActionTimes;
      all.push({ ...((await bystander.command("pauses")) as Pauses), action });
    }
    return sampleOf(all, isShared);
  } finally {
    if (actor !== bystander) await actor.stop();
  }
}

function sampleOf(all: readonly (Pauses & { readonly action: ActionTimes })[], isShared: boolean): Sample {
  const longest = (read: (one: (typeof all)[number]) => number): number => Math.max(...all.map(read));
  const [wait, blocked] = [longest((one) => one.wait), longest((one) => one.blocked)];
  return {
    value: Math.max(wait, blocked),
    more: {
      "a commit waited": wait,
      "event loop blocked": blocked,
      "CPU of the longest turn": longest((one) => one.cpu),
      "it took": longest(({ action }) => action.took),
      ...(isShared && {
        "blocked where it was done": longest(({ action }) => action.blocked),
        "CPU of its longest turn": longest(({ action }) => action.cpu),
      }),
    },
    ...(all.some(({ steps }) => steps === 0) && { wrong: "the bystander has committed nothing" }),
  };
}

/** 10,000 sessions of as many principals, and 100 of five principals; 500 and 100 in a quick run. A work for each store. */
export function manySessionsWorks(stores: readonly StoreSubject[]): readonly Work[] {
  return stores.map((store) => ({
    name: manySessionsIn(store.name),
    unit: "longest pause, ms",
    long: store.name !== "Redis",
    subjects: actions.map((action) => ({
      name: action[0],
      program: "store-node",
      env: store.env,
      measure: (server, scale) => measurePauses(server, store, action, scale),
    })),
  }));
}

/** The name of the work for a store. */
export function manySessionsIn(store: string): string {
  return `10,000 stored sessions, ${store}`;
}
