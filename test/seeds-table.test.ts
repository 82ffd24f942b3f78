/** Tests the generator of docs/seeds.md, and the data that it reads. */
import { describe, expect, test } from "vitest";
import type { Covered } from "./seeds/covers.ts";
import type { Row } from "./seeds/rows.ts";
import { cases, rows } from "./seeds/rows.ts";
import { type PassedTest, type Reasons, tabulate } from "./seeds/table.ts";

const required = {
  cases: [1, 2],
  rows: [
    [7, "text", "Y*", "Y", "P*", "P", "–"],
    [8, "bytes", "–", "–", "–", "–", "Y"],
  ] as Row[],
};

const noReasons: Reasons = { cases: {}, rows: {} };

const complete: PassedTest[] = [
  { title: "echoes text", file: "a.test.ts", covered: { case: 1, rows: [7] } },
  { title: "echoes all", file: "b.test.ts", covered: { case: 2, rows: [7, 8] } },
  { title: "sends bytes", file: "c.test.ts", covered: { rows: [8] } },
];

/** The faults of a run. */
function faults(passed: readonly PassedTest[], reasons: Reasons = noReasons): readonly string[] {
  return tabulate(passed, reasons, required).faults;
}

test("the table names the tests of each row and case", () => {
  const { markdown, faults } = tabulate(complete, noReasons, required);
  expect(faults).toEqual([]);
  const lines = markdown.split("\n");
  expect(lines).toContain("| 7 | text | Y* | Y | P* | P | – | 1, 2 |");
  expect(lines).toContain(
    "| 8 | bytes | – | – | – | – | Y | 2<br>sends bytes ([c.test.ts](../test/seeds/c.test.ts)) |",
  );
  expect(lines).toContain("| 2 | echoes all | [b.test.ts](../test/seeds/b.test.ts) |");
});

test("the table gives the reason why a case has no test", () => {
  const reasons = { cases: { 1: "comes later" }, rows: {} };
  const { markdown, faults } = tabulate(complete.slice(1), reasons, required);
  expect(faults).toEqual([]);
  expect(markdown.split("\n")).toContain("| 1 | not shown: comes later |  |");
});

describe("a run has a fault", () => {
  test("when a case or a row has neither a test nor a reason", () => {
    expect(faults(complete.slice(0, 1))).toEqual([
      "case 2 has no passing test and no reason",
      "row 8 has no passing test and no reason",
    ]);
  });

  test("when a case or a row has both", () => {
    expect(faults(complete, { cases: { 1: "later" }, rows: { 8: "later" } })).toEqual([
      "case 1 has both a test and a reason against one",
      "row 8 has both a test and a reason against one",
    ]);
  });

  test.each<[string, Covered | undefined]>([
    ["does not call covers()", undefined],
    ["covers no row", { case: 1, rows: [] }],
    ["covers a row twice", { case: 1, rows: [8, 8] }],
    ["covers several rows, but no case", { rows: [7, 8] }],
  ])("when a test %s", (fault, covered) => {
    expect(faults([...complete, { title: "a test", file: "a.test.ts", covered }])).toEqual([
      `"a test" ${fault}`,
    ]);
  });

  test("when a test covers a case or a row that does not exist", () => {
    const unknown = [
      { title: "echoes nothing", file: "a.test.ts", covered: { case: 5, rows: [7] } },
      { title: "sends nothing", file: "a.test.ts", covered: { case: 1, rows: [9] } },
    ];
    expect(faults([...complete, ...unknown])).toEqual([
      '"echoes nothing" covers a case that does not exist',
      '"sends nothing" covers a row that does not exist',
    ]);
  });

  test("when a reason is given for a case or a row that does not exist", () => {
    expect(faults(complete, { cases: { 3: "?" }, rows: { 9: "?" } })).toEqual([
      "a reason is given for case 3, which does not exist",
      "a reason is given for row 9, which does not exist",
    ]);
  });
});

test("the data have 74 rows and 152 cases, each once", () => {
  expect(rows.map(([number]) => number)).toEqual(Array.from({ length: 74 }, (_, index) => index + 1));
  expect(new Set(cases).size).toBe(152);
  expect(cases).toHaveLength(152);
});
