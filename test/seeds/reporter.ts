import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Reporter, TestModule, TestRunEndReason, Vitest } from "vitest/node";
import { elsewhere } from "./elsewhere.ts";
import { tabulate } from "./table.ts";

/**
 * Fails a full run of the project `seeds` unless every row and case was shown and docs/seeds.md says how; with `--update`
 * it writes the page, like any snapshot. A run that failed by itself shows nothing.
 */
export class SeedsReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  async onTestRunEnd(
    modules: readonly TestModule[],
    _errors: readonly unknown[],
    reason: TestRunEndReason,
  ): Promise<void> {
    const vitest = this.#vitest;
    const ours = modules.filter(({ project }) => project.name === "seeds");
    if (vitest === undefined || reason !== "passed" || !(await isWhole(ours))) return;
    const tests = ours
      .toSorted((a, b) => (a.moduleId < b.moduleId ? -1 : 1))
      .flatMap((module) => [...module.children.allTests()]);
    const passed = tests
      .filter((test) => test.result().state === "passed")
      .map((test) => ({ title: test.fullName, file: basename(test.module.moduleId) }));
    const { markdown, faults } = tabulate(passed, elsewhere);
    const path = join(vitest.config.root, "docs/seeds.md");
    const update = vitest.config.snapshotOptions.updateSnapshot === "all";
    if (update && faults.length === 0) {
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, markdown);
    }
    const stale = !existsSync(path) || readFileSync(path, "utf8") !== markdown;
    const wrong = [...faults, ...(stale ? ["docs/seeds.md is not what this run shows: npm run seeds"] : [])];
    for (const fault of wrong) vitest.logger.error(`seeds: ${fault}`);
    if (wrong.length > 0) process.exitCode = 1;
  }
}

/** Whether all files of the project ran, with all their tests. */
async function isWhole(modules: readonly TestModule[]): Promise<boolean> {
  const project = modules[0]?.project;
  if (project === undefined || project.config.testNamePattern !== undefined) return false;
  const { testFiles } = await project.globTestFiles();
  return testFiles.length === modules.length;
}
