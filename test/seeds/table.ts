import type { Covered } from "./covers.ts";
import { cases, frameworks, type Row, rows } from "./rows.ts";

/** A test that passed. */
export interface PassedTest {
  readonly title: string;
  /** Its file, in this folder. */
  readonly file: string;
  /** What it passed to `covers`; undefined if it did not call it. */
  readonly covered: Covered | undefined;
}

/** Why cases and rows have no test, by their numbers. */
export interface Reasons {
  readonly cases: Readonly<Record<number, string>>;
  readonly rows: Readonly<Record<number, string>>;
}

/** The cases and rows of which each needs a test or a reason. */
export interface Required {
  readonly cases: readonly number[];
  readonly rows: readonly Row[];
}

/** The page that a run writes, and the faults of the run. */
export interface Table {
  readonly markdown: string;
  readonly faults: readonly string[];
}

/** A test that covers a case or a row. */
interface CoveringTest extends PassedTest {
  readonly covered: Covered;
}

/** A case or a row, with the tests that cover it. */
interface Entry {
  readonly number: number;
  readonly tests: readonly CoveringTest[];
  /** Why it has no test; undefined when it must have one. */
  readonly reason: string | undefined;
}

/** Makes the table of the tests that passed. Each row and case has either a test or a reason. */
export function tabulate(
  passed: readonly PassedTest[],
  reasons: Reasons,
  required: Required = { cases, rows },
): Table {
  const covering = passed.filter((test): test is CoveringTest => test.covered !== undefined);
  const rowNumbers = required.rows.map(([number]) => number);
  const caseEntries = required.cases.map((number) => ({
    number,
    tests: covering.filter(({ covered }) => covered.case === number),
    reason: reasons.cases[number],
  }));
  const rowEntries = rowNumbers.map((number) => ({
    number,
    tests: covering.filter(({ covered }) => covered.rows.includes(number)),
    reason: reasons.rows[number],
  }));
  const ofUnknownCase = covering.filter(
    ({ covered }) => covered.case !== undefined && !required.cases.includes(covered.case),
  );
  const ofUnknownRow = covering.filter(({ covered }) =>
    covered.rows.some((row) => !rowNumbers.includes(row)),
  );
  return {
    markdown: page(
      required.rows.map(([number, capability, ...has], index) => [
        String(number),
        capability,
        ...has,
        rowCell(rowEntries[index]!),
      ]),
      caseEntries.map((entry) => [String(entry.number), ...caseCells(entry)]),
    ),
    faults: [
      ...passed.flatMap(coveredFaults),
      ...ofUnknownCase.map(({ title }) => `"${title}" covers a case that does not exist`),
      ...ofUnknownRow.map(({ title }) => `"${title}" covers a row that does not exist`),
      ...caseEntries.flatMap((entry) => entryFaults("case", entry)),
      ...rowEntries.flatMap((entry) => entryFaults("row", entry)),
      ...reasonFaults("case", reasons.cases, required.cases),
      ...reasonFaults("row", reasons.rows, rowNumbers),
    ],
  };
}

function coveredFaults({ title, covered }: PassedTest): string[] {
  if (covered === undefined) return [`"${title}" does not call covers()`];
  const { rows } = covered;
  if (rows.length === 0) return [`"${title}" covers no row`];
  if (new Set(rows).size < rows.length) return [`"${title}" covers a row twice`];
  if (covered.case === undefined && rows.length > 1) return [`"${title}" covers several rows, but no case`];
  return [];
}

function entryFaults(kind: string, { number, tests, reason }: Entry): string[] {
  if (tests.length === 0 && reason === undefined)
    return [`${kind} ${number} has no passing test and no reason`];
  if (tests.length === 0 || reason === undefined) return [];
  return [`${kind} ${number} has both a test and a reason against one`];
}

function reasonFaults(
  kind: string,
  reasons: Readonly<Record<number, string>>,
  known: readonly number[],
): string[] {
  return Object.keys(reasons)
    .filter((number) => !known.includes(Number(number)))
    .map((number) => `a reason is given for ${kind} ${number}, which does not exist`);
}

/** The numbers of the cases that show a row, and its own tests. */
function rowCell({ tests, reason }: Entry): string {
  const numbers = new Set(tests.flatMap(({ covered }) => covered.case ?? []));
  const withoutCase = tests.filter(({ covered }) => covered.case === undefined);
  return [
    ...(numbers.size > 0 ? [[...numbers].sort((a, b) => a - b).join(", ")] : []),
    ...withoutCase.map(({ title, file }) => `${title} (${link(file)})`),
    ...reasonCell(reason),
  ].join("<br>");
}

/** The titles of the tests of a case, and their files. */
function caseCells({ tests, reason }: Entry): [titles: string, files: string] {
  const titles = [...tests.map(({ title }) => title), ...reasonCell(reason)];
  return [titles.join("<br>"), [...new Set(tests.map(({ file }) => link(file)))].join("<br>")];
}

function reasonCell(reason: string | undefined): string[] {
  return reason === undefined ? [] : [`not shown: ${reason}`];
}

function link(file: string): string {
  return `[${file}](../test/seeds/${file})`;
}

function page(rowCells: readonly string[][], caseCells: readonly string[][]): string {
  return `# What five WebSocket frameworks can do, and where it is shown here

\`npm run seeds\` runs \`test/seeds\` and writes this page; each of these tests passed. They connect plain WebSocket clients to
an app on a real port, except the tests of the test client. The run fails when its results differ from this page.

## Capabilities

Y means that the framework has the capability, P that it has a part of it. A star means that its documentation promises it.
The last column has the numbers of the cases below, and the tests without a case.

${grid(["#", "capability", ...frameworks, "shown by"], rowCells)}

## Cases

${grid(["#", "what is shown", "test"], caseCells)}
`;
}

function grid(head: readonly string[], body: readonly string[][]): string {
  return [head, head.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
