import { expect, test } from "vitest";
import { type Machine, Scheduler } from "../virtual/scheduler.ts";

/** A scheduler, and the log of its tasks. */
function makeScheduler() {
  const scheduler = new Scheduler();
  const log: string[] = [];
  const schedule = (machine: Machine, ms: number, name: string) =>
    scheduler.schedule(machine, ms, () => void log.push(`${name} at ${scheduler.now}`));
  const runUntil = (time: number): void => {
    while (scheduler.step(time));
  };
  return { scheduler, log, schedule, runUntil };
}

test("tasks run when they are due; tasks of the same time run in the order of the calls", () => {
  const { scheduler, log, schedule, runUntil } = makeScheduler();
  for (const ms of [30, 10, 20, 10]) schedule("client", ms, `${ms}`);
  schedule("server", 10, "server");
  runUntil(25);
  expect(log).toEqual(["10 at 10", "10 at 10", "server at 10", "20 at 20"]);
  expect([scheduler.pendingOn("client"), scheduler.pendingOn("server")]).toEqual([1, 0]);
});

test("a cancelled task does not run", () => {
  const { scheduler, log, schedule, runUntil } = makeScheduler();
  const cancel = schedule("client", 10, "never");
  cancel();
  cancel();
  runUntil(100);
  expect([log, scheduler.pendingOn("client")]).toEqual([[], 0]);
});

test("a paused machine runs its tasks after the pause, while the other machine continues", () => {
  const { scheduler, log, schedule, runUntil } = makeScheduler();
  scheduler.pause("client", 50);
  schedule("client", 10, "client");
  schedule("client", 20, "client");
  schedule("server", 30, "server");
  runUntil(100);
  expect(log).toEqual(["server at 30", "client at 50", "client at 50"]);
});

test("a resumed machine runs its delayed tasks at once", () => {
  const { scheduler, log, schedule, runUntil } = makeScheduler();
  scheduler.pause("client", 50);
  schedule("client", 10, "client");
  scheduler.schedule("server", 30, () => scheduler.resume("client"));
  runUntil(40);
  expect(log).toEqual(["client at 30"]);
});

test("time passes without tasks, and a delayed task does not run before the present", () => {
  const { scheduler, log, schedule, runUntil } = makeScheduler();
  scheduler.pause("client", 100);
  schedule("client", 30, "client");
  runUntil(40);
  scheduler.resume("client");
  runUntil(50);
  expect(log).toEqual(["client at 40"]);
});
