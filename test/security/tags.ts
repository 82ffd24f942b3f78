/** A part of a test file that is tagged by a comment above it, such as `// S20` or `// S16, CVE-2026-48779: a note`. */
export interface TaggedPart {
  /** The ids of the comment. */
  readonly ids: readonly string[];
  /** The first and the last line of the part: a statement, or the whole file when the comment is its first line. */
  readonly lines: readonly [first: number, last: number];
}

/** The id of a line of the table, of an advisory, or of a finding. */
const id = String.raw`(?:[SVPLO]\d+[a-d]?|CVE-\d{4}-\d+|GHSA(?:-\w{4}){3}|[a-zA-Z][\w-]* #\d+)`;
const comment = new RegExp(String.raw`^\s*// (${id}(?:, ${id})*)(?::.*)?$`);

/** Finds the tagged parts of a test file that oxfmt has formatted. */
export function findTaggedParts(source: string): TaggedPart[] {
  const lines = source.split("\n");
  return lines.flatMap((line, index): TaggedPart[] => {
    const ids = comment.exec(line)?.[1]?.split(", ");
    if (ids === undefined) return [];
    return [{ ids, lines: index === 0 ? [1, lines.length] : statementBelow(lines, index + 1) }];
  });
}

/** The lines of the statement that begins at `index` or below, behind other comments. */
function statementBelow(lines: readonly string[], index: number): [first: number, last: number] {
  let first = index;
  while (/^\s*(?:\/\/|\/?\*)/.test(lines[first] ?? "")) first += 1;
  const indent = /^\s*/.exec(lines[first] ?? "")?.[0] ?? "";
  let last = first;
  while (last < lines.length && !isEnd(lines[last] ?? "", indent)) last += 1;
  return [first + 1, last + 1];
}

/** Whether a statement with this indent ends with the line. */
function isEnd(line: string, indent: string): boolean {
  return line.startsWith(indent) && /^\S.*;$/.test(line.slice(indent.length));
}
