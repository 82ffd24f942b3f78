/** Checks the guide: each TypeScript block compiles, runs, and prints the text that follows it. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { commandsIn, filesIn, type Program, programsIn } from "./guides/programs.ts";
import { runPrograms } from "./guides/run-programs.ts";
import { slow, testTimeout, verySlow } from "./time-limits.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const docs = join(root, "docs");
const folder = join(root, "node_modules/.cache/guides"); // a folder from which imports find the packages
const config = join(folder, "tsconfig.json");
const nextConfig = join(folder, "tsconfig-next.json");

const pages = readdirSync(docs, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".md"));
const programs = pages.flatMap((page) => programsIn(page, readFileSync(join(docs, page), "utf8")));

/** A line that Next prints with the time that it took. */
const lineOfNext = /^.*Running next\.config.*\n/;

/** How long each program may take, in ms, with the start of its process. */
const programLimit = testTimeout;

let compilerErrors: Promise<string>;
let printed: ReturnType<typeof runPrograms>;

beforeAll(async () => {
  await rm(folder, { recursive: true, force: true });
  for (const program of programs) {
    await mkdir(dirname(fileOf(program)), { recursive: true });
    // The first line of a page is its heading, so the program has no code there.
    await writeFile(
      fileOf(program),
      program.inPage ? `/** @jsxRuntime automatic */${program.source}` : program.source,
    );
  }
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const files = programs.filter((program) => !usesNext(program)).map(fileOf);
  const nextFiles = programs.filter(usesNext).map(fileOf);
  await writeConfig(config, files);
  // The options of a project that Next has made.
  const nextOptions = { module: "esnext", moduleResolution: "bundler", skipLibCheck: true };
  await writeConfig(nextConfig, nextFiles, nextOptions);
  compilerErrors = Promise.all([compile(config), compile(nextConfig)]).then((errors) => errors.join(""));
  await buildNextSite();
  printed = runPrograms(programs.map(fileOf), {
    timeLimit: () => programLimit,
    runsAlone: (file) => nextFiles.includes(file),
    config,
  });
}, verySlow.timeout);

test("each of the five frameworks has a page", () => {
  const names = ["fastapi", "litestar", "quart", "responder", "viewpy"];
  expect(pages).toEqual(expect.arrayContaining(names.map((name) => `from/${name}.md`)));
});

test("the first page links every other page", () => {
  const links = readFileSync(join(docs, "README.md"), "utf8").matchAll(/\]\(([^)#]+\.md)/g);
  expect(Array.from(links, ([, link]) => link)).toEqual(
    expect.arrayContaining(pages.filter((page) => page !== "README.md")),
  );
});

test("each block compiles", verySlow, async () => {
  expect(await compilerErrors).toBe("");
});

// The programs run in this order: each test waits for its own, from the end of the one before.
test.each(programs)(
  "$name prints the text that follows it",
  { timeout: 2 * programLimit },
  async (program) => {
    const text = await printed.get(fileOf(program));
    expect(text?.replace(lineOfNext, "")).toBe(program.prints);
  },
);

test("a program that does not end fails alone: those before and after it print", slow, async () => {
  const own = join(folder, "own");
  await mkdir(own, { recursive: true });
  const sources = {
    first: "console.log(1);",
    endless: "setInterval(() => {}, 1_000);",
    last: "console.log(2);",
  };
  for (const [name, source] of Object.entries(sources)) await writeFile(join(own, `${name}.mts`), source);
  const files = Object.keys(sources).map((name) => join(own, `${name}.mts`));
  const limits = runPrograms(files, { timeLimit: (file) => (file.includes("endless") ? 100 : programLimit) });
  expect(await Promise.all(limits.values())).toEqual(["1\n", "the program did not end within 100 ms", "2\n"]);
});

test.each(pages)("the links of %s to headings name existing headings", (page) => {
  const links = readFileSync(join(docs, page), "utf8").matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g);
  const broken = [...links].filter(
    ([, file = "", heading = ""]) =>
      !headingsOf(join(docs, file === "" ? page : join(dirname(page), file))).has(heading),
  );
  expect(broken.map(([link]) => link)).toEqual([]);
});

test.each(pages)("the links of %s name existing files", (page) => {
  const links = readFileSync(join(docs, page), "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g);
  const broken = [...links].flatMap(([, link = ""]) =>
    existsSync(join(docs, dirname(page), link)) ? [] : [link],
  );
  expect(broken).toEqual([]);
});

describe("the parser of pages", () => {
  const fence = (language: string, ...lines: string[]): string =>
    ["```" + language, ...lines, "```", ""].join("\n");

  test("keeps the line numbers, and joins a block that continues a program", () => {
    const page = ["# Page", "", fence("ts", "one();"), fence("text", "1"), "<!-- continues -->", ""].join(
      "\n",
    );
    const [program, ...others] = programsIn(
      "a.md",
      page + fence("ts", "two();", "more();") + fence("text", "2", "3"),
    );
    expect([program?.name, program?.prints, others]).toEqual(["a.md:3", "1\n2\n3\n", []]);
    const lines = program?.source.split("\n").map((text, index) => [index + 1, text]);
    expect(lines?.filter(([, text]) => text !== "")).toEqual([
      [4, "one();"],
      [13, "two();"],
      [14, "more();"],
    ]);
  });

  test("starts a program with each block that does not continue one", () => {
    const page = fence("ts", "one();") + fence("sh", "npm ci") + fence("ts", "two();") + fence("text", "2");
    expect(programsIn("a.md", page)).toMatchObject([
      { name: "a.md:1", prints: "" },
      { name: "a.md:7", prints: "2\n" },
    ]);
  });

  test("runs a program with components in a page", () => {
    const page =
      fence("tsx", "one();") + "<!-- continues -->\n" + fence("tsx", "two();") + fence("ts", "three();");
    expect(programsIn("a.md", page)).toMatchObject([
      { name: "a.md:1", inPage: true },
      { name: "a.md:8", inPage: false },
    ]);
  });

  test("reads the files and the commands of a project", () => {
    const page =
      fence("sh", "npm ci") +
      "<!-- file: src/a.css -->\n\n" +
      fence("css", "a {", "}") +
      fence("ts", "one();");
    expect([...filesIn("a.md", page)]).toEqual([["src/a.css", "a {\n}\n"]]);
    expect(commandsIn("a.md", page)).toEqual(["npm ci"]);
    expect(programsIn("a.md", page)).toMatchObject([{ name: "a.md:10" }]);
  });

  test.each([
    fence("typescript", "one();"),
    fence("js", "one();"),
    fence("", "one();"),
    fence("ts", "one();").replaceAll(/^/gm, "  "),
    fence("ts", "one();").replaceAll("```", "~~~"),
    "```ts\none();\n",
    fence("text", "1"),
  ])("rejects a block that no test would check: %j", (page) => {
    expect(() => programsIn("a.md", page)).toThrow("a.md:1: ");
  });
});

/** The names by which links find the headings of a page. */
function headingsOf(path: string): ReadonlySet<string> {
  const headings = readFileSync(path, "utf8").matchAll(/^#+ (.+)$/gm);
  const nameOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
  return new Set(Array.from(headings, ([, heading = ""]) => nameOf(heading)));
}

/** Whether a program runs Next, which replaces globals of its process. */
function usesNext({ source }: Program): boolean {
  return source.includes('from "next"');
}

function fileOf({ name, inPage }: Program): string {
  return join(folder, `${name.replace(".md:", "-")}.${inPage ? "tsx" : "mts"}`);
}

/** Builds the page of the program with Next. */
async function buildNextSite(): Promise<void> {
  const command = [
    join(root, "node_modules/next/dist/bin/next"),
    "build",
    join(root, "test/guides/next-site"),
  ];
  const env = { ...process.env, NODE_ENV: "production" as const, NEXT_TELEMETRY_DISABLED: "1" };
  await run(process.execPath, command, { env });
}

/** Writes the configuration of some programs for the compiler and for tsx. */
async function writeConfig(path: string, files: readonly string[], options: object = {}): Promise<void> {
  const compilerOptions = {
    types: ["node"],
    jsx: "react-jsx",
    experimentalDecorators: true, // as Nest needs them
    composite: false,
    declarationMap: false,
    noEmit: true,
    rewriteRelativeImportExtensions: false,
    allowImportingTsExtensions: true,
    rootDir: root,
    ...options,
  };
  const relative = files.map((file) => file.slice(folder.length + 1)); // as tsx needs them
  const content = { extends: join(root, "tsconfig.json"), compilerOptions, references: [], files: relative };
  await writeFile(path, JSON.stringify(content));
}

/** Compiles the programs of a configuration; resolves with the errors of the compiler. */
async function compile(configPath: string): Promise<string> {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const failed = (error: { stdout?: string; message: string }) => error.stdout || error.message;
  return run(process.execPath, [tsc, "-p", configPath], { cwd: folder }).then(({ stdout }) => stdout, failed);
}
