import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { lockDirectory } from "./directory-lock.ts";
import { GroupWriter } from "./group-writer.ts";
import { readJournal, encodeJournal, type FileStoreReport } from "./history.ts";
import { Journal, type SyncPolicy } from "./journal.ts";
import type { Store } from "../store.ts";
import { Tables } from "../tables.ts";

export type { FileStoreReport as Opened } from "./history.ts";
export type { SyncPolicy } from "./journal.ts";

/** Options of a store in files. */
export interface FileStoreOptions {
  /** Where the files are. It is made when it is not there; it is for this store alone. */
  readonly directory: string;
  /**
   * What a settled call outlives. `"os"`: the end of the process, `kill -9` too; when the machine loses power, every
   * session is reset and every room has a gap. `"disk"`: a loss of power too, for a wait for the disk in each tick.
   * Without a `/proc` (on other systems than Linux) a process that did not close its store counts as a loss of power.
   * Default `"os"`.
   */
  readonly sync?: SyncPolicy;
  /** What the store holds at most, in characters and bytes, roughly. Default 256 MiB. The files may take four times as much. */
  readonly bytes?: number;
  /** Told when the file could not be made smaller: it grows on, and that is tried again. */
  readonly onError?: (error: Error) => void;
}

/** A store in files of one process. */
export interface FileStore extends Store {
  readonly report: FileStoreReport;
  close(): Promise<void>;
}

/**
 * Opens a store that keeps sessions and rooms in files. Rejects when another process uses the directory, when its files
 * are not a store's, and when they cannot be written; with TypeError or RangeError when an option is none. A call of the
 * store that rejects has changed nothing.
 */
export async function fileStore(options: FileStoreOptions): Promise<FileStore> {
  check(options);
  const { directory } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const unlock = await lockDirectory(directory);
  try {
    return await openIn(join(directory, "journal"), options, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

function check({ directory, sync = "os", bytes: size = 1 }: FileStoreOptions): void {
  if (typeof directory !== "string" || directory === "")
    throw new TypeError(`the directory of a store is a path, not ${JSON.stringify(directory)}`);
  if (!["os", "disk"].includes(sync))
    throw new TypeError(`the sync of a store is "os" or "disk", not ${JSON.stringify(sync)}`);
  if (!(size > 0)) throw new RangeError(`the size of a store is a positive number, not ${size}`);
}

async function openIn(
  path: string,
  { sync = "os", bytes: size = 256 * 1024 * 1024, onError = () => {} }: FileStoreOptions,
  unlock: () => Promise<void>,
): Promise<FileStore> {
  const { report: opened, epoch, updates: changes } = await readJournal(path);
  const tables = new Tables(epoch, (decided) => writer.perform(decided), size);
  for (const change of changes) tables.apply(change);
  if (opened.history === "lost") tables.renewEpochs();
  const everything = () => encodeJournal(epoch, sync, tables.snapshot());
  const writer = new GroupWriter(tables, await Journal.create(path, sync, everything()), everything, onError);
  let closed: Promise<void> | undefined;
  return {
    epoch,
    report: opened,
    sessions: tables.sessions,
    rooms: tables.rooms,
    close: () => (closed ??= letGo(writer, unlock)),
  };
}

async function letGo(writer: GroupWriter, unlock: () => Promise<void>): Promise<void> {
  try {
    await writer.close();
  } finally {
    await unlock();
  }
}
