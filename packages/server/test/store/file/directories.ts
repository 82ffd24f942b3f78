/** Directories for tests. */
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Makes an empty directory, and removes it after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "symbolon-store-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Copies a directory as it would be if the process were killed now. */
export async function copyAsKilled(directory: string): Promise<string> {
  const copy = await temporaryDirectory();
  await copyFile(join(directory, "journal"), join(copy, "journal"));
  return copy;
}
