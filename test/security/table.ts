/** A row of the page, whose tests are tagged with its id. */
export interface Row {
  /** The tag. */
  readonly id: string;
  /** What the page shows in place of the tag. */
  readonly label?: string;
  /** What holds, or what an advisory was about. */
  readonly text: string;
}

/** A test that passed. */
export interface PassedTest {
  readonly title: string;
  /** Its file, from the root of the repository. */
  readonly file: string;
  /** The line on which it begins; the rows of one `test.each` have the same. */
  readonly line: number;
  /** The tags above it, and above what contains it. */
  readonly ids: readonly string[];
}

/** The tables that a run writes, and the faults of the run. */
export interface Page {
  readonly markdown: string;
  readonly faults: readonly string[];
}

/** Makes the tables of the tests that passed. Each row has a passing test. */
export function tabulate(
  passed: readonly PassedTest[],
  lines: readonly Row[],
  advisories: readonly Row[],
): Page {
  const rows = [...lines, ...advisories];
  const table = (some: readonly Row[]): string[][] =>
    some.map((row) => [row.label ?? row.id, row.text, testsOf(row, passed)]);
  const tags = [...new Set(passed.flatMap(({ ids }) => ids))];
  return {
    markdown: page(table(lines), table(advisories)),
    faults: [
      ...rows.flatMap((row) => rowFaults(row, passed)),
      ...tags
        .filter((tag) => !isFinding(tag) && !rows.some(({ id }) => id === tag))
        .map((tag) => `no row has the tag ${tag}`),
    ],
  };
}

/** Whether a tag names a finding of an audit, which has no row of its own. */
function isFinding(tag: string): boolean {
  return /^[VPLO]\d/.test(tag);
}

function rowFaults({ id }: Row, passed: readonly PassedTest[]): string[] {
  return passed.some(({ ids }) => ids.includes(id)) ? [] : [`${id} has no passing test`];
}

/** Links to the tests of a row; those of one `test.each` are one link. */
function testsOf({ id }: Row, passed: readonly PassedTest[]): string {
  const groups = new Map<string, PassedTest[]>();
  for (const test of passed.filter(({ ids }) => ids.includes(id))) {
    const place = `${test.file}:${test.line}`;
    groups.set(place, [...(groups.get(place) ?? []), test]);
  }
  return Array.from(groups.values(), ([first, ...others]) => {
    const more = others.length > 0 ? ` (and ${others.length} more)` : "";
    return first === undefined ? "" : `[${escape(first.title)}](${first.file})${more}`;
  }).join("<br>");
}

/** Escapes a title for a link in a table, except for what is in backticks. */
function escape(title: string): string {
  return title
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith("`") ? part.replaceAll("|", "\\|") : part.replaceAll(/[\\|[\]<>*_]/g, "\\$&"),
    )
    .join("");
}

function page(lines: readonly string[][], advisories: readonly string[][]): string {
  return `
## What holds, and the tests that show it

Each line holds for \`createApp()\` without options, unless it names an option.

${grid(["#", "what holds", "tests"], lines)}

## Advisories of this field

What went wrong in other WebSocket software, and our test of the same.

${grid(["advisory", "what it was", "tests"], advisories)}
`;
}

function grid(head: readonly string[], body: readonly string[][]): string {
  return [head, head.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
