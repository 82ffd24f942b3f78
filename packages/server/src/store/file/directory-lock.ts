import { link, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readPrivateFile } from "./private-files.ts";
import { currentBootId, processStart } from "./process-identity.ts";

/** The process that holds a lock, as the lock file names it. */
interface LockHolder {
  readonly pid: number;
  /** From `processStart`. */
  readonly started?: string;
  readonly bootId?: string;
}

/**
 * Locks a directory for this process. A lock whose process has ended is replaced. Two processes that cannot see each other,
 * as in two containers, do not exclude each other.
 *
 * @returns a function that releases the lock.
 * @throws Error when another process holds the lock.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const lockPath = join(directory, "lock");
  const ownPath = `${lockPath}.${crypto.randomUUID()}`;
  const { pid } = process;
  await writeFile(ownPath, JSON.stringify({ pid, started: processStart(pid), bootId: currentBootId() }), {
    flag: "wx",
    mode: 0o600,
  });
  try {
    await acquire(lockPath, ownPath);
  } finally {
    await rm(ownPath, { force: true });
  }
  return () => rm(lockPath, { force: true });
}

/** Makes `lockPath` a link to the file at `ownPath`, unless a running process holds the lock. */
async function acquire(lockPath: string, ownPath: string): Promise<void> {
  // A link appears together with its content, or fails when the file exists: no process reads a partly written lock.
  if (await tryLink(ownPath, lockPath)) return;
  const content = await readIfPresent(lockPath);
  if (content !== undefined) {
    throwIfHeld(lockPath, content);
    // Several processes may find the same old lock: the one that acquires this second lock replaces it.
    const replacementPath = `${lockPath}.next`;
    await acquire(replacementPath, ownPath);
    if ((await readIfPresent(lockPath)) === content) return await rename(replacementPath, lockPath);
    await rm(replacementPath);
  }
  await acquire(lockPath, ownPath);
}

/** The content of a file; undefined when the file was removed meanwhile. */
async function readIfPresent(path: string): Promise<string | undefined> {
  const content = await readPrivateFile(path);
  return content?.toString();
}

/** False when there is a file at `path` already. */
async function tryLink(existingPath: string, path: string): Promise<boolean> {
  try {
    await link(existingPath, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

function throwIfHeld(lockPath: string, content: string): void {
  const { pid, started, bootId } = parseHolder(content);
  if (pid === undefined || (bootId !== undefined && bootId !== currentBootId())) return;
  const currentStart = processStart(pid);
  if (currentStart === "" || currentStart !== started) return;
  throw new Error(
    `process ${pid} uses the directory of this store: end that process, or choose another directory; it holds the lock ${JSON.stringify(lockPath)}`,
  );
}

/** A lock file appears whole: content that cannot be parsed was damaged when the machine stopped. */
function parseHolder(content: string): Partial<LockHolder> {
  try {
    return Object(JSON.parse(content)) as Partial<LockHolder>;
  } catch {
    return {};
  }
}
