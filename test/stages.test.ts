import { expect, test } from "vitest";
import { runStages, summarize } from "./stages/run-stages.ts";

test("each stage runs, though the one before it failed, and the summary names each that failed", () => {
  const ran: string[] = [];
  let time = 0;
  const stages = [
    { name: "lint", command: "one" },
    { name: "unit tests", command: "two" },
    { name: "sizes", command: "three" },
  ];
  const runCommand = (command: string): boolean => {
    ran.push(command);
    time += 1_600;
    return command === "two";
  };
  const results = runStages(stages, runCommand, () => time);
  expect(ran).toEqual(["one", "two", "three"]);
  expect(summarize(results, [])).toEqual([
    "FAILED  lint (2 s): one",
    "passed  unit tests (2 s)",
    "FAILED  sizes (2 s): three",
  ]);
});

test("the summary names the stages that did not run, and the command that runs them", () => {
  const notRun = [
    { name: "mutants", command: "four" },
    { name: "chaos", command: "five" },
  ];
  expect(summarize([], notRun)).toEqual(["not run: mutants, chaos; npm run test:all runs them too"]);
});
