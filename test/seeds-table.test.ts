import { describe, expect, test } from "vitest";
import type { Row } from "./seeds/rows.ts";
import { cases, rows } from "./seeds/rows.ts";
import { type Passed, type Reasons, tabulate } from "./seeds/table.ts";

const promised = {
  cases: [1, 2],
  rows: [
    [7, "text", "Y*", "Y", "P*", "P", "–"],
    [8, "bytes", "–", "–", "–", "–", "Y"],
  ] as Row[],
};

const nothing: Reasons = { cases: {}, rows: {} };

const whole: Passed[] = [
  { title: "seeds › 1 echoes text [rows 7]", file: "a.test.ts" },
  { title: "seeds › 2 echoes all [rows 7, 8]", file: "b.test.ts" },
  { title: "seeds › row 8 sends bytes", file: "c.test.ts" },
];

/** What is wrong with a run. */
function faults(passed: readonly Passed[], absent: Reasons = nothing): readonly string[] {
  return tabulate(passed, absent, promised).faults;
}

test("a table names the tests of each row and case", () => {
  const { markdown, faults } = tabulate(whole, nothing, promised);
  expect(faults).toEqual([]);
  const lines = markdown.split("\n");
  expect(lines).toContain("| 7 | text | Y* | Y | P* | P | – | 1, 2 |");
  expect(lines).toContain(
    "| 8 | bytes | – | – | – | – | Y | 2<br>sends bytes ([c.test.ts](../test/seeds/c.test.ts)) |",
  );
  expect(lines).toContain("| 2 | echoes all | [b.test.ts](../test/seeds/b.test.ts) |");
});

test("a table gives the reason for what is not shown", () => {
  const absent = { cases: { 1: "comes later" }, rows: {} };
  const { markdown, faults } = tabulate(whole.slice(1), absent, promised);
  expect(faults).toEqual([]);
  expect(markdown.split("\n")).toContain("| 1 | not shown: comes later |  |");
});

describe("it is a fault", () => {
  test("when a case or a row has neither a test nor a reason", () => {
    expect(faults(whole.slice(0, 1))).toEqual([
      "case 2 has no passing test and no reason",
      "row 8 has no passing test and no reason",
    ]);
  });

  test("when a case or a row has both", () => {
    expect(faults(whole, { cases: { 1: "later" }, rows: { 8: "later" } })).toEqual([
      "case 1 has both a test and a reason to have none",
      "row 8 has both a test and a reason to have none",
    ]);
  });

  test.each([
    "seeds › 1 names no rows",
    "seeds › row 8 names rows twice [rows 8]",
    "seeds › one [rows 7]",
    "1 is no seed [rows 7]",
  ])("when a test is named %j", (title) => {
    expect(faults([...whole, { title, file: "a.test.ts" }])).toEqual([
      `"${title}" is not named like "seeds › 42 … [rows 8]" or "seeds › row 64 …"`,
    ]);
  });

  test("when a test names a case or a row that there is not", () => {
    const strays = ["seeds › 5 never was [rows 7]", "seeds › 1 points nowhere [rows 9]"];
    expect(faults([...whole, ...strays.map((title) => ({ title, file: "a.test.ts" }))])).toEqual([
      '"seeds › 5 never was [rows 7]" names a case that there is not',
      '"seeds › 1 points nowhere [rows 9]" names a row that there is not',
    ]);
  });

  test("when a reason is for a case or a row that there is not", () => {
    expect(faults(whole, { cases: { 3: "?" }, rows: { 9: "?" } })).toEqual([
      "there is a reason for case 3, which there is not",
      "there is a reason for row 9, which there is not",
    ]);
  });
});

test("the data have 74 rows and 152 cases, each once", () => {
  expect(rows.map(([number]) => number)).toEqual(Array.from({ length: 74 }, (_, index) => index + 1));
  expect(new Set(cases).size).toBe(152);
  expect(cases).toHaveLength(152);
});
