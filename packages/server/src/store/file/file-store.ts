import { join } from "node:path";
import { lockDirectory } from "./directory-lock.ts";
import { GroupWriter } from "./group-writer.ts";
import { readJournal, encodeJournal, type FileStoreReport } from "./journal-entries.ts";
import { Journal, type SyncPolicy } from "./journal.ts";
import { makePrivateDirectory } from "./private-files.ts";
import type { Store } from "../store.ts";
import { Tables } from "../memory/tables.ts";

export type { FileStoreReport } from "./journal-entries.ts";
export type { SyncPolicy } from "./journal.ts";

/** Options of `fileStore`. */
export interface FileStoreOptions {
  /**
   * The path of the directory with the files, not of a symbolic link to one. `fileStore` creates it. Nothing else may use it,
   * and no other user may write to it.
   */
  readonly directory: string;
  /**
   * What a settled call survives.
   * - `"os"`: the end of the process, `kill -9` too. After a loss of power every session resets, and every room has a gap.
   * - `"disk"`: a loss of power too. Every tick waits for the disk.
   *
   * On systems without `/proc` (all but Linux) the store cannot distinguish a loss of power from a process that ended
   * without `close`: with `"os"` it treats both as a loss of power.
   *
   * @default "os"
   */
  readonly sync?: SyncPolicy;
  /**
   * The most that the store holds, in bytes, estimated: a text counts one byte for each UTF-16 code unit. A full store
   * throws where it would grow. The files may need four times as much.
   *
   * @default 268_435_456 (256 MiB)
   */
  readonly bytes?: number;
  /**
   * Receives the error when the store could not compact its file. The file grows on, and the store tries again later.
   *
   * @default ignores the error
   */
  readonly onError?: (error: Error) => void;
}

/** A store in the files of one process. */
export interface FileStore extends Store {
  /** What the store found in its directory. */
  readonly report: FileStoreReport;
  /**
   * Waits for the calls in progress, writes everything to the disk, and releases the directory. Every later call rejects.
   *
   * @throws Error, as a rejection, when the file cannot be written. Every call that settled is in the file all the same.
   */
  close(): Promise<void>;
}

/**
 * Opens a store that keeps sessions and the history of rooms in files. It keeps tickets in memory: none is valid after a restart.
 *
 * @returns the store. Its calls reject when the files cannot be written; a call that rejects has changed nothing.
 * @throws TypeError or RangeError when an option is invalid.
 * @throws Error when another process uses the directory, when other users may write to it, when it has a symbolic link, or
 *   files of another version or of something else, and when it cannot be read or written.
 * @example
 * const store = await fileStore({ directory: "data/store" });
 * if (store.report.damagedCopy !== undefined) console.warn("the store was damaged", store.report);
 * const app = createApp({ store });
 */
export async function fileStore(options: FileStoreOptions): Promise<FileStore> {
  checkOptions(options);
  const { directory } = options;
  await makePrivateDirectory(directory);
  const unlock = await lockDirectory(directory);
  try {
    return await openJournal(join(directory, "journal"), options, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

function checkOptions({ directory, sync = "os", bytes = 1 }: FileStoreOptions): void {
  if (typeof directory !== "string" || directory === "")
    throw new TypeError(`fileStore: \`directory\` must be a path, not ${JSON.stringify(directory)}`);
  if (!["os", "disk"].includes(sync))
    throw new TypeError(`fileStore: \`sync\` must be "os" or "disk", not ${JSON.stringify(sync)}`);
  if (!(bytes > 0)) throw new RangeError(`fileStore: \`bytes\` must be a positive number, not ${bytes}`);
}

async function openJournal(
  path: string,
  { sync = "os", bytes = 256 * 1024 * 1024, onError = () => {} }: FileStoreOptions,
  unlock: () => Promise<void>,
): Promise<FileStore> {
  const { report, epoch, proofKey, updates, lostSession, lostRoom } = await readJournal(path);
  const tables = new Tables(epoch, (decision) => writer.execute(decision), { maxBytes: bytes });
  for (const update of updates) tables.apply(update);
  tables.renewEpochs(lostSession, lostRoom);
  const snapshot = () => encodeJournal({ epoch, proofKey }, sync, tables.snapshot());
  const writer = new GroupWriter(tables, await Journal.create(path, sync, snapshot()), snapshot, onError);
  let closing: Promise<void> | undefined;
  return {
    proofKey: () => proofKey,
    report,
    sessions: tables.sessions,
    rooms: tables.rooms,
    tickets: tables.tickets,
    close: () => (closing ??= closeWriter(writer, unlock)),
  };
}

async function closeWriter(writer: GroupWriter, unlock: () => Promise<void>): Promise<void> {
  try {
    await writer.close();
  } finally {
    await unlock();
  }
}
