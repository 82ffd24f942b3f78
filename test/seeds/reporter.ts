import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Reporter, TestModule, TestRunEndReason, Vitest } from "vitest/node";
import { reasons } from "./reasons.ts";
import { tabulate } from "./table.ts";

/**
 * Compares docs/seeds.md with a full run of the project `seeds` that passed: the run fails if a row or a case has no test,
 * or if the page differs. With `--update` it writes the page, like a snapshot.
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
    const seedModules = modules.filter(({ project }) => project.name === "seeds");
    if (vitest === undefined || reason !== "passed" || !(await isComplete(seedModules))) return;
    const tests = seedModules
      .toSorted((a, b) => (a.moduleId < b.moduleId ? -1 : 1))
      .flatMap((module) => [...module.children.allTests()]);
    const passed = tests
      .filter((test) => test.result().state === "passed")
      .map((test) => ({
        title: test.fullName,
        file: basename(test.module.moduleId),
        covered: test.meta().covered,
      }));
    const { markdown, faults } = tabulate(passed, reasons);
    const path = join(vitest.config.root, "docs/seeds.md");
    const update = vitest.config.snapshotOptions.updateSnapshot === "all";
    if (update && faults.length === 0) {
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, markdown);
    }
    const outdated = !existsSync(path) || readFileSync(path, "utf8") !== markdown;
    const errors = [
      ...faults,
      ...(outdated ? ["docs/seeds.md differs from the results of this run: npm run seeds"] : []),
    ];
    for (const error of errors) vitest.logger.error(`seeds: ${error}`);
    if (errors.length > 0) process.exitCode = 1;
  }
}

/** Whether the run included all files of the project, with all their tests. */
async function isComplete(modules: readonly TestModule[]): Promise<boolean> {
  const project = modules[0]?.project;
  if (project === undefined || project.config.testNamePattern !== undefined) return false;
  const { testFiles } = await project.globTestFiles();
  return testFiles.length === modules.length;
}
