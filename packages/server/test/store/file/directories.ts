/** Directories that last as long as a test. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** An empty directory that is removed when the test has finished. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "symbolon-store-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
