/** Reads the programs out of a page: its TypeScript blocks, and what they print. */

/** One or more blocks of a page that run together. */
export interface Program {
  /** Where it begins: `quart.md:12`. */
  readonly name: string;
  /** The page with everything but the program blanked, so that its lines keep their numbers. */
  readonly source: string;
  /** What it prints, all of its blocks together. */
  readonly prints: string;
}

interface Block {
  readonly language: string;
  /** The line of its fence; the first of a page is 1. */
  readonly line: number;
  readonly lines: readonly string[];
  /** Whether it goes on with the program before it. */
  readonly continues: boolean;
}

/** A comment before a block that goes on with the program before it, imports and all. */
const continued = "<!-- continues -->";

/**
 * The programs of a page: a `ts` block is one, and so are the blocks that continue it; a `text` block is what was
 * printed since the one before.
 * @throws Error for a block that nobody would check: any but `ts`, `text` and `sh`.
 */
export function programsIn(page: string, markdown: string): Program[] {
  const programs: Program[] = [];
  for (const { language, line, lines, continues } of blocksIn(page, markdown)) {
    const before = programs.at(-1);
    if (language === "sh") continue;
    if (language === "ts" && !continues) {
      programs.push({ name: `${page}:${line}`, source: onLine(line, lines, ""), prints: "" });
    } else {
      if (before === undefined) throw new Error(`${page}:${line}: no program comes before this`);
      programs[programs.length - 1] =
        language === "ts"
          ? { ...before, source: onLine(line, lines, before.source) }
          : { ...before, prints: `${before.prints}${lines.join("\n")}\n` };
    }
  }
  return programs;
}

function blocksIn(page: string, markdown: string): Block[] {
  const lines = markdown.split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const [, fence, language = ""] = /^(\s*(?:```|~~~)`*)(.*)$/.exec(lines[at] ?? "") ?? [];
    if (fence === undefined) continue;
    const end = lines.indexOf(fence, at + 1);
    if (fence !== "```" || !["ts", "text", "sh"].includes(language) || end < 0)
      throw new Error(`${page}:${at + 1}: a block is ts, text or sh, not indented, and has an end`);
    const continues = lines.slice(0, at).findLast((line) => line !== "") === continued;
    blocks.push({ language, line: at + 1, lines: lines.slice(at + 1, end), continues });
    at = end;
  }
  return blocks;
}

/** Puts the lines of a block where they are on the page, below what is there already. */
function onLine(line: number, lines: readonly string[], above: string): string {
  const kept = above.split("\n").slice(0, line);
  const blank = Array.from({ length: line - kept.length }, () => "");
  return [...kept, ...blank, ...lines, ""].join("\n");
}
