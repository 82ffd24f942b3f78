/** A function that a message passes through. */
export interface Hop {
  /** As `server/node/upgrade.ts`. */
  readonly file: string;
  readonly name: string;
  /** Whether it starts later than the hop before it returns: after an event, or an `await`. */
  readonly later: boolean;
}

/** A way through the code, as ARCHITECTURE.md lists it. */
export interface Walk {
  readonly title: string;
  /** The hops of each line, which are in one file. */
  readonly visits: readonly (readonly Hop[])[];
}

/** The walks of a page: each has a heading below "Walks", and lines like "- `server/node/http.ts`: read, … write". */
export function walksOf(page: string): Walk[] {
  const section = page.split(/^## Walks$/m)[1]?.split(/^## /m)[0] ?? "";
  return section
    .split(/^### /m)
    .slice(1)
    .map((part) => {
      const [title = "", ...lines] = part.split("\n");
      return { title, visits: lines.map(hopsOf).filter((hops) => hops.length > 0) };
    });
}

function hopsOf(line: string): Hop[] {
  const [, file, functions] = /^- `([^`]+)`: (.+)$/.exec(line) ?? [];
  if (file === undefined || functions === undefined) return [];
  return functions.split(", ").map((name) => ({
    file,
    name: name.replace("… ", ""),
    later: name.startsWith("… "),
  }));
}
