import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bootId, processStart } from "./process-identity.ts";

/** What a lock file says of the process that holds it. */
interface Holder {
  readonly pid: number;
  readonly started?: string;
  readonly boot?: string;
}

/**
 * Keeps a directory for this process until the returned function is called. A lock whose process has ended is taken
 * over. Processes that cannot see each other, as in two containers, are not told apart. Throws when another holds it.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, "lock");
  const own = `${path}.${crypto.randomUUID()}`;
  const { pid } = process;
  await writeFile(own, JSON.stringify({ pid, started: processStart(pid), boot: bootId() }));
  try {
    await take(path, own);
  } finally {
    await rm(own, { force: true });
  }
  return () => rm(path, { force: true });
}

/** Makes `path` a copy of `own`, where there is nothing or the lock of a process that has ended. */
async function take(path: string, own: string): Promise<void> {
  // A link comes to be with its content, or fails where a file is: so no lock is ever seen half written.
  if (await linked(own, path)) return;
  const found = await contentOf(path);
  if (found !== undefined) {
    refuseHeld(path, found);
    // Of many that find the same old lock one replaces it: it takes a lock for that, and looks again.
    const turn = `${path}.next`;
    await take(turn, own);
    if ((await contentOf(path)) === found) return await rename(turn, path);
    await rm(turn);
  }
  await take(path, own);
}

function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return undefined; // its process let go of it meanwhile
  });
}

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

function refuseHeld(path: string, content: string): void {
  const { pid, started, boot } = read(content);
  if (pid === undefined || (boot !== undefined && boot !== bootId())) return;
  const now = processStart(pid);
  if (now === "" || now !== started) return;
  throw new Error(
    `process ${pid} uses this directory: end it, or give another directory; the lock is ${JSON.stringify(path)}`,
  );
}

/** A lock is written whole: what cannot be read was damaged with the machine. */
function read(content: string): Partial<Holder> {
  try {
    return Object(JSON.parse(content)) as Partial<Holder>;
  } catch {
    return {};
  }
}
