/** Files and directories that only this user may change: what another user planted there would be read, or written to. */
import { constants } from "node:fs";
import { lstat, mkdir, readFile } from "node:fs/promises";
import { resolve } from "node:path";

/**
 * Makes a directory for this user alone, unless there is one.
 *
 * @throws Error when there is one that other users may write to, or a symbolic link. On Windows, which has no such modes, it
 *   is not checked who may write.
 */
export async function makePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const entry = await lstat(resolve(path)); // without a slash at its end, which would follow a link
  const quoted = JSON.stringify(path);
  if (entry.isSymbolicLink())
    throw new Error(
      `the directory ${quoted} of the store is a symbolic link: give the path that it leads to`,
    );
  if (process.platform !== "win32" && (entry.mode & 0o022) !== 0)
    throw new Error(
      `other users may write to the directory ${quoted} of the store (its mode is 0${(entry.mode & 0o777).toString(8)}): remove what you do not know from it, then run: chmod 700 ${quoted}`,
    );
}

/**
 * Reads a file of the store; undefined when it does not exist.
 * @throws Error when it is a symbolic link, as POSIX detects it (open(2), O_NOFOLLOW).
 */
export async function readPrivateFile(path: string): Promise<Buffer | undefined> {
  // Windows has neither of the last two; undefined counts as 0 here. A FIFO would block without O_NONBLOCK.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    return await readFile(path, { flag: O_RDONLY | O_NOFOLLOW | O_NONBLOCK });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code !== "ELOOP") throw error;
    throw new Error(
      `${JSON.stringify(path)} is a symbolic link, which the store does not follow: remove it`,
      {
        cause: error,
      },
    );
  }
}
