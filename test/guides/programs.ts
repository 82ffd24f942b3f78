/** Reads the programs of a page: its TypeScript blocks, and the text blocks with their output. */

/** A program: one or more blocks of a page that run together. */
export interface Program {
  /** The page and line where it starts: `quart.md:12`. */
  readonly name: string;
  /** The lines of the program at their line numbers of the page; all other lines are empty. */
  readonly source: string;
  /** The output of all its blocks. */
  readonly prints: string;
  /** Whether it has components of React, and runs in a page. */
  readonly inPage: boolean;
}

interface Block {
  readonly language: string;
  /** The line of its fence; the first of a page is 1. */
  readonly line: number;
  readonly lines: readonly string[];
  /** Whether it continues the program before it. */
  readonly continues: boolean;
  /** The file of a new project that it is; undefined for a program. */
  readonly file: string | undefined;
}

/** Languages of blocks that are no programs: commands, and the configurations that `npm run interop:proxies` runs. */
const otherLanguages: readonly string[] = ["sh", "nginx", "caddy"];

/** Languages of blocks that are programs. */
const programLanguages: readonly string[] = ["ts", "tsx"];

/** The comment before a block that continues the program before it, with its imports. */
const continuesComment = "<!-- continues -->";

/** The comment before a block that is a file of the project that `npm create symbolon` writes; a browser test uses it. */
const fileComment = /^<!-- file: (.+) -->$/;

/**
 * The programs of a page. A `ts` or `tsx` block, with the blocks that continue it, is a program; a `text` block is its output since
 * the previous `text` block.
 * @throws Error for a block that no test would check: any except `ts`, `tsx`, `text`, `sh`, `nginx` and `caddy`.
 */
export function programsIn(page: string, markdown: string): Program[] {
  const programs: Program[] = [];
  for (const { language, line, lines, continues, file } of blocksIn(page, markdown)) {
    const before = programs.at(-1);
    if (file !== undefined || otherLanguages.includes(language)) continue;
    const isProgram = programLanguages.includes(language);
    if (isProgram && !continues) {
      const inPage = language === "tsx";
      programs.push({ name: `${page}:${line}`, source: onLine(line, lines, ""), prints: "", inPage });
    } else {
      if (before === undefined) throw new Error(`${page}:${line}: no program comes before this`);
      programs[programs.length - 1] = isProgram
        ? { ...before, source: onLine(line, lines, before.source) }
        : { ...before, prints: `${before.prints}${lines.join("\n")}\n` };
    }
  }
  return programs;
}

/** The files of a page for the project that `npm create symbolon` writes: their text by their path. */
export function filesIn(page: string, markdown: string): ReadonlyMap<string, string> {
  const files = blocksIn(page, markdown).filter(({ file }) => file !== undefined);
  return new Map(files.map(({ file = "", lines }) => [file, `${lines.join("\n")}\n`]));
}

/** The commands of a page: the lines of its `sh` blocks. */
export function commandsIn(page: string, markdown: string): string[] {
  return blocksIn(page, markdown).flatMap(({ language, lines }) => (language === "sh" ? lines : []));
}

function blocksIn(page: string, markdown: string): Block[] {
  const lines = markdown.split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const [, fence, language = ""] = /^(\s*(?:```|~~~)`*)(.*)$/.exec(lines[at] ?? "") ?? [];
    if (fence === undefined) continue;
    const end = lines.indexOf(fence, at + 1);
    const comment = lines.slice(0, at).findLast((line) => line !== "") ?? "";
    const file = fileComment.exec(comment)?.[1];
    const isKnown = file !== undefined || [...programLanguages, "text", ...otherLanguages].includes(language);
    if (fence !== "```" || !isKnown || end < 0)
      throw new Error(
        `${page}:${at + 1}: a block is ts, tsx, text, ${otherLanguages.join(" or ")}, not indented, and has an end`,
      );
    const continues = comment === continuesComment;
    blocks.push({ language, line: at + 1, lines: lines.slice(at + 1, end), continues, file });
    at = end;
  }
  return blocks;
}

/** Appends the lines of a block at their line number of the page. */
function onLine(line: number, lines: readonly string[], above: string): string {
  const previous = above.split("\n").slice(0, line);
  const blank = Array.from({ length: line - previous.length }, () => "");
  return [...previous, ...blank, ...lines, ""].join("\n");
}
