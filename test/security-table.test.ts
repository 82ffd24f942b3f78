/** Tests the generator of the tables in SECURITY.md, and the data that it reads. */
import { describe, expect, test } from "vitest";
import { advisories } from "./security/advisories.ts";
import { lines } from "./security/lines.ts";
import { type PassedTest, type Row, tabulate } from "./security/table.ts";
import { findTaggedParts } from "./security/tags.ts";

const some: Row[] = [{ id: "S1", text: "pages of other origins are refused" }];
const others: Row[] = [{ id: "CVE-2020-1", text: "a crash" }];
const complete: PassedTest[] = [
  { title: "refuses a", file: "test/a.test.ts", line: 3, ids: ["S1", "L5"] },
  { title: "refuses b", file: "test/a.test.ts", line: 3, ids: ["S1"] },
  { title: "has __proto__ | `a|b`", file: "test/b.test.ts", line: 3, ids: ["CVE-2020-1"] },
  { title: "has no tag", file: "test/b.test.ts", line: 9, ids: [] },
];

test("the tables link each row to its tests, once for all rows of a test", () => {
  const { markdown, faults } = tabulate(complete, some, others);
  expect(faults).toEqual([]);
  expect(markdown.split("\n")).toEqual(
    expect.arrayContaining([
      "| S1 | pages of other origins are refused | [refuses a](test/a.test.ts) (and 1 more) |",
      String.raw`| CVE-2020-1 | a crash | [has \_\_proto\_\_ \| ${"`a\\|b`"}](test/b.test.ts) |`,
    ]),
  );
});

test("a run has a fault when a row has no passing test, or a tag has no row", () => {
  expect(tabulate(complete.slice(2), some, others).faults).toEqual(["S1 has no passing test"]);
  const ticket = { title: "a ticket", file: "test/a.test.ts", line: 1, ids: ["S99"] };
  expect(tabulate([...complete, ticket], some, others).faults).toEqual(["no row has the tag S99"]);
});

describe("a tag", () => {
  const source = [
    'import { test } from "vitest";',
    "",
    "// S1, CVE-2020-1",
    "test.each([",
    '  ["a"],',
    '])("one", () => {',
    "  expect(1).toBe(1);",
    "});",
    "",
    'describe("some", () => {',
    "  // S2: a note",
    "  // and another line",
    '  test("two", () => {});',
    "",
    "  // SSH is no tag, and neither is S3",
    '  test("three", () => {});',
    "});",
    "",
  ].join("\n");

  test("covers the statement below it", () => {
    expect(findTaggedParts(source)).toEqual([
      { ids: ["S1", "CVE-2020-1"], lines: [4, 8] },
      { ids: ["S2"], lines: [13, 13] },
    ]);
  });

  test("in the first line covers the file", () => {
    expect(findTaggedParts(["// ws #2331, S16: fragments", source].join("\n"))[0]).toEqual({
      ids: ["ws #2331", "S16"],
      lines: [1, 19],
    });
  });
});

test("the data have the lines S1 to S37, and each advisory once", () => {
  expect(lines.map(({ id }) => id)).toEqual(Array.from({ length: 37 }, (_, at) => `S${at + 1}`));
  expect(new Set(advisories.map(({ id }) => id)).size).toBe(45);
  expect(advisories).toHaveLength(45);
});
