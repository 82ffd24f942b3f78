import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Reporter, TestModule, TestRunEndReason, Vitest } from "vitest/node";
import { advisories } from "./advisories.ts";
import { lines } from "./lines.ts";
import { type PassedTest, tabulate } from "./table.ts";
import { findTaggedParts, type TaggedPart } from "./tags.ts";

/** The generated part of the page begins behind this line. */
const marker = "<!-- `npm run security` writes what follows. -->\n";

/** Where tests are. */
const testFolders = [
  "packages/protocol/test",
  "packages/server/test",
  "packages/client/test",
  "sim/test",
  "test",
];

/**
 * Compares the tables of SECURITY.md with a run in which all tagged test files passed: the run fails if a row has no test, or
 * if the tables differ. With the environment variable `SECURITY=write` it writes them.
 */
export class SecurityReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], _errors: readonly unknown[], reason: TestRunEndReason): void {
    const vitest = this.#vitest;
    if (vitest === undefined || reason === "interrupted") return;
    const { root, testNamePattern } = vitest.config;
    const tagged = findTaggedFiles(root);
    const byFile = new Map(modules.map((module) => [relative(root, module.moduleId), module]));
    if (testNamePattern !== undefined || [...tagged.keys()].some((file) => byFile.get(file)?.ok() !== true))
      return;
    const passed = [...tagged].flatMap(([file, parts]) => passedTests(file, byFile.get(file), parts));
    const { markdown, faults } = tabulate(passed, lines, advisories);
    const path = join(root, "SECURITY.md");
    const current = readFileSync(path, "utf8");
    const [before = ""] = current.split(marker, 1);
    const next = `${before}${marker}${markdown}`;
    const isWriting = process.env["SECURITY"] === "write";
    if (isWriting) writeFileSync(path, next);
    const outdated = !isWriting && next !== current;
    const errors = [
      ...faults,
      ...(outdated ? ["SECURITY.md differs from the results of this run: npm run security"] : []),
    ];
    for (const error of errors) vitest.logger.error(`security: ${error}`);
    if (errors.length > 0) process.exitCode = 1;
  }
}

/** The test files with tags, from the root of the repository, in the order of their names. */
function findTaggedFiles(root: string): Map<string, TaggedPart[]> {
  const files = testFolders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) =>
        join(folder, file),
      ),
    )
    .filter((file) => file.endsWith(".test.ts") && !file.includes("node_modules"));
  const parts = files
    .sort()
    .map((file) => [file, findTaggedParts(readFileSync(join(root, file), "utf8"))] as const);
  return new Map(parts.filter(([, found]) => found.length > 0));
}

/** The tests of a file that passed, and their tags. */
function passedTests(
  file: string,
  module: TestModule | undefined,
  parts: readonly TaggedPart[],
): PassedTest[] {
  return [...(module?.children.allTests("passed") ?? [])].map(({ fullName, location }) => {
    const line = location?.line ?? 0;
    const around = parts.filter(({ lines: [first, last] }) => first <= line && line <= last);
    return { title: fullName.replaceAll(" > ", " "), file, line, ids: around.flatMap(({ ids }) => ids) };
  });
}
