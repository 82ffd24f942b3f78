import { cases, frameworks, type Row, rows } from "./rows.ts";

/** A test that passed. */
export interface Passed {
  /** `seeds › 42 agrees on the subprotocol [rows 8]`, or `seeds › row 64 …`. */
  readonly title: string;
  /** Its file, in this folder. */
  readonly file: string;
}

/** Why cases and rows have no test, by number. */
export interface Reasons {
  readonly cases: Readonly<Record<number, string>>;
  readonly rows: Readonly<Record<number, string>>;
}

/** What must be shown. */
export interface Promised {
  readonly cases: readonly number[];
  readonly rows: readonly Row[];
}

/** What a run shows, row by row and case by case, as a page and as what is wrong with it. */
export interface Table {
  readonly markdown: string;
  readonly faults: readonly string[];
}

interface Shown extends Passed {
  /** The case it shows; undefined for a test of a row alone. */
  readonly ofCase: number | undefined;
  readonly rows: readonly number[];
  readonly what: string;
}

interface Entry {
  readonly number: number;
  readonly tests: readonly Shown[];
  /** Why it has no test; undefined when it must have one. */
  readonly reason: string | undefined;
}

/** Makes the table of the tests that passed. A row or case needs a test or a reason, never both. */
export function tabulate(
  passed: readonly Passed[],
  absent: Reasons,
  promised: Promised = { cases, rows },
): Table {
  const shown = passed.flatMap((test) => read(test) ?? []);
  const rowNumbers = promised.rows.map(([number]) => number);
  const caseEntries = promised.cases.map((number) => ({
    number,
    tests: shown.filter(({ ofCase }) => ofCase === number),
    reason: absent.cases[number],
  }));
  const rowEntries = rowNumbers.map((number) => ({
    number,
    tests: shown.filter(({ rows }) => rows.includes(number)),
    reason: absent.rows[number],
  }));
  const strayCases = shown.filter(({ ofCase }) => ofCase !== undefined && !promised.cases.includes(ofCase));
  const strayRows = shown.filter(({ rows }) => rows.some((row) => !rowNumbers.includes(row)));
  return {
    markdown: page(
      promised.rows.map(([number, capability, ...has], index) => [
        String(number),
        capability,
        ...has,
        rowCell(rowEntries[index]!),
      ]),
      caseEntries.map((entry) => [String(entry.number), ...caseCells(entry)]),
    ),
    faults: [
      ...passed
        .filter((test) => read(test) === undefined)
        .map(({ title }) => `"${title}" is not named like "seeds › 42 … [rows 8]" or "seeds › row 64 …"`),
      ...strayCases.map(({ title }) => `"${title}" names a case that there is not`),
      ...strayRows.map(({ title }) => `"${title}" names a row that there is not`),
      ...caseEntries.flatMap((entry) => entryFaults("case", entry)),
      ...rowEntries.flatMap((entry) => entryFaults("row", entry)),
      ...strayReasons("case", absent.cases, promised.cases),
      ...strayReasons("row", absent.rows, rowNumbers),
    ],
  };
}

function read({ title, file }: Passed): Shown | undefined {
  const [, row, number = "", what = "", more] =
    /^seeds › (row )?(\d+) (.+?)(?: \[rows (\d+(?:, \d+)*)\])?$/.exec(title) ?? [];
  if (number === "" || (row === undefined) === (more === undefined)) return undefined;
  const ofCase = row === undefined ? Number(number) : undefined;
  return { title, file, ofCase, what, rows: (more ?? number).split(", ").map(Number) };
}

function entryFaults(kind: string, { number, tests, reason }: Entry): string[] {
  if (tests.length === 0 && reason === undefined)
    return [`${kind} ${number} has no passing test and no reason`];
  if (tests.length === 0 || reason === undefined) return [];
  return [`${kind} ${number} has both a test and a reason to have none`];
}

function strayReasons(
  kind: string,
  reasons: Readonly<Record<number, string>>,
  known: readonly number[],
): string[] {
  return Object.keys(reasons)
    .filter((number) => !known.includes(Number(number)))
    .map((number) => `there is a reason for ${kind} ${number}, which there is not`);
}

function rowCell({ tests, reason }: Entry): string {
  const numbers = new Set(tests.flatMap(({ ofCase }) => ofCase ?? []));
  const own = tests.filter(({ ofCase }) => ofCase === undefined);
  return [
    ...(numbers.size > 0 ? [[...numbers].sort((a, b) => a - b).join(", ")] : []),
    ...own.map(({ what, file }) => `${what} (${link(file)})`),
    ...notShown(reason),
  ].join("<br>");
}

function caseCells({ tests, reason }: Entry): [what: string, files: string] {
  const what = [...tests.map(({ what }) => what), ...notShown(reason)];
  return [what.join("<br>"), [...new Set(tests.map(({ file }) => link(file)))].join("<br>")];
}

function notShown(reason: string | undefined): string[] {
  return reason === undefined ? [] : [`not shown: ${reason}`];
}

function link(file: string): string {
  return `[${file}](../test/seeds/${file})`;
}

function page(rowCells: readonly string[][], caseCells: readonly string[][]): string {
  return `# What five WebSocket frameworks can do, and where it is shown here

\`npm run seeds\` writes this page from a run of \`test/seeds\` in which every test it names passed: plain WebSocket clients
against an app on a real port, except where the test client is what is shown. The run fails when this page says anything
else.

## Capabilities

Y: the framework has it; P: a part of it; a star: its documentation promises it. The last column has the numbers of the
cases below, and the tests of the row alone.

${grid(["#", "capability", ...frameworks, "shown by"], rowCells)}

## Cases

${grid(["#", "what is shown", "test"], caseCells)}
`;
}

function grid(head: readonly string[], body: readonly string[][]): string {
  return [head, head.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
