import { expect, test } from "vitest";
import { Agenda } from "../virtual/scheduler.ts";

function noting() {
  const agenda = new Agenda();
  const done: string[] = [];
  const note = (what: string) => () => void done.push(`${what} at ${agenda.now}`);
  const run = (until: number): void => {
    while (agenda.step(until));
  };
  return { agenda, done, note, run };
}

test("things happen when they are due, and at equal times in the order of planning", () => {
  const { agenda, done, note, run } = noting();
  for (const ms of [30, 10, 20, 10]) agenda.plan("client", ms, note(`${ms}`));
  agenda.plan("server", 10, note("server"));
  run(25);
  expect(done).toEqual(["10 at 10", "10 at 10", "server at 10", "20 at 20"]);
  expect([agenda.waiting("client"), agenda.waiting("server")]).toEqual([1, 0]);
});

test("what was undone does not happen", () => {
  const { agenda, done, note, run } = noting();
  const undo = agenda.plan("client", 10, note("never"));
  undo();
  undo();
  run(100);
  expect([done, agenda.waiting("client")]).toEqual([[], 0]);
});

test("a machine that stands still does afterwards what was due, while the other goes on", () => {
  const { agenda, done, note, run } = noting();
  agenda.pause("client", 50);
  agenda.plan("client", 10, note("client"));
  agenda.plan("client", 20, note("client"));
  agenda.plan("server", 30, note("server"));
  run(100);
  expect(done).toEqual(["server at 30", "client at 50", "client at 50"]);
});

test("a machine that is woken goes on at once", () => {
  const { agenda, done, note, run } = noting();
  agenda.pause("client", 50);
  agenda.plan("client", 10, note("client"));
  agenda.plan("server", 30, () => agenda.wake("client"));
  run(40);
  expect(done).toEqual(["client at 30"]);
});

test("time passes though nothing happens: what stood still is not ahead of it when it goes on", () => {
  const { agenda, done, note, run } = noting();
  agenda.pause("client", 100);
  agenda.plan("client", 30, note("client"));
  run(40);
  agenda.wake("client");
  run(50);
  expect(done).toEqual(["client at 40"]);
});
