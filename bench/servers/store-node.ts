/** A process of a store with many sessions: it commits steps of its own session, or does what should make no other one wait. */
import { setTimeout } from "node:timers/promises";
import { type AppOptions, createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import type { Store } from "@symbolon/server/store";
import { Clock } from "@symbolon/server/testing";
import { appOptions } from "./app-options.ts";
import { serveBench } from "./control.ts";
import { LoopWatch, type LoopPauses } from "./loop-watch.ts";
import { observeStore } from "./observe-store.ts";
import { requireStore, storePrefix } from "./open-store.ts";
import { serveContracts } from "./serve-contracts.ts";
import { StoreSession } from "./store-session.ts";

/** How many sessions each of the principals with several has, and how many of these principals there are. */
const [severalSessions, severalPrincipals] = [20, 5];
/** How long the event loop runs after an action until the pauses are read, in ms: a late timer is noticed then. */
const settleTime = 20;
/** Later than the first sweep of an app, in ms. */
const firstSweep = 5_000;
/** How long nothing is done, in ms. */
const idleTime = 200;
/** How many calls are in flight while the store is filled. */
const atOnce = 500;

const store = await requireStore();
const isShared = ["redis", "postgres"].includes(process.env["BENCH_STORE"] ?? "");
const loop = new LoopWatch();
let longestWait = 0;
let steps = 0;
let failure: string | undefined;
let onRemoved: () => void = () => {};

/** A store that fails makes the figures wrong: the bench learns that the process has ended. */
const options: AppOptions = {
  ...appOptions,
  onError(error) {
    console.error("store-node:", error);
    process.exit(1);
  },
};

const observedStore = afterCalls(store, (name, result) => {
  if (name === "remove" && result === true) onRemoved();
});
const app = createApp({ ...options, store: observedStore, clock: new Clock() }); // it never sweeps

/** The owner of these sessions has ended: their lease runs out at once. */
async function createSession(principal: string): Promise<void> {
  const session = await StoreSession.create(store, principal, { node: "ended", ms: 1 });
  await session.commit();
}

/** Commits a step of a session each ms, and keeps the longest time that one took. Never ends. */
async function commitSteps(): Promise<never> {
  const session = await StoreSession.create(store, "bystander", { node: "bystander", ms: 3_600_000 });
  for (;;) {
    await setTimeout(1);
    const start = performance.now();
    await session.commit();
    longestWait = Math.max(longestWait, performance.now() - start);
    steps += 1;
  }
}

/** Runs an action. @returns how long it took, and the longest pauses of this process, in ms. */
async function timed(action: () => Promise<unknown>): Promise<LoopPauses & { readonly took: number }> {
  const own = new LoopWatch();
  await setTimeout(settleTime);
  own.take();
  const start = performance.now();
  await action();
  const took = performance.now() - start;
  await setTimeout(settleTime);
  own.stop();
  return { ...own.take(), took };
}

const severalOf = (n: number): string => `several ${n % severalPrincipals}`;

/** @throws as a rejection: when the store does not list so many sessions of the principal. */
async function listSeveral(n: number, expected: number): Promise<void> {
  const listed = await store.sessions.list({ principal: severalOf(n) });
  if (listed.length !== expected)
    throw new Error(`${severalOf(n)} has ${listed.length} sessions, not ${expected}`);
}

/** Calls `onResult` with what each call of a store returns. */
function afterCalls(inner: Store, onResult: (name: string, result: unknown) => void): Store {
  return observeStore(inner, (name, call) => {
    const result = call();
    if (result instanceof Promise) result.then((value) => onResult(name, value)).catch(() => {}); // the caller handles it
    else onResult(name, result);
    return result;
  });
}

/** Revokes a principal, and waits until the store has removed its sessions. */
function revoke(n: number): Promise<void> {
  return new Promise((resolve) => {
    let removed = 0;
    onRemoved = () => {
      removed += 1;
      if (removed === severalSessions) resolve();
    };
    app.revoke(severalOf(n));
  });
}

/** Starts a node, and waits for the end of its first sweep: the leases of all sessions have run out. */
async function startNode(): Promise<void> {
  const own = isShared ? await requireStore() : store;
  const clock = new Clock();
  const swept = new Promise<void>((resolve) => {
    const observed = afterCalls(own, (name, result) => {
      if (name === "sweep" && result === false) resolve();
    });
    const started = createApp({ ...options, store: observed, clock });
    serveContracts(started);
    void serve(started, { port: 0, host: "127.0.0.1" }).then(() => clock.advance(firstSweep));
  });
  await swept;
}

/** @throws as a rejection: when a session that no process has is not detached. */
async function checkSwept(): Promise<void> {
  for (const { owner, endsAt, principal } of await store.sessions.list({ principal: severalOf(0) }))
    if (owner !== undefined || endsAt === undefined)
      throw new Error(`a session of ${principal} is not detached after the first sweep`);
}

serveBench(0, {
  /** What another process needs to share the store. */
  prefix: () => storePrefix,
  /** Stores sessions: so many principals with one session, and some with several. */
  async fill(count) {
    const principals = [
      ...Array.from({ length: count }, (_, n) => `principal ${n}`),
      ...Array.from({ length: severalSessions * severalPrincipals }, (_, n) => severalOf(n)),
    ];
    for (let start = 0; start < principals.length; start += atOnce)
      await Promise.all(principals.slice(start, start + atOnce).map(createSession));
  },
  /** Commits steps of a session from now on. */
  commit() {
    commitSteps().catch((error: unknown) => (failure ??= String(error)));
  },
  /** The longest pauses since the last call, in ms: of a commit, and of the event loop. */
  pauses() {
    if (failure !== undefined) throw new Error(failure);
    const pauses = { ...loop.take(), wait: longestWait, steps };
    longestWait = 0;
    steps = 0;
    return pauses;
  },
  /** Does nothing, to show what else disturbs. */
  nothing: () => timed(() => setTimeout(idleTime)),
  list: (n) => timed(() => listSeveral(n, severalSessions)),
  async revoke(n) {
    const times = await timed(() => revoke(n));
    await listSeveral(n, 0);
    return times;
  },
  async start() {
    const times = await timed(startNode);
    await checkSwept();
    return times;
  },
});
