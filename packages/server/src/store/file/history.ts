/** What the journal of a store says, and whether its history goes on. */
import { copyFile, readFile } from "node:fs/promises";
import { deserialize, serialize } from "node:v8";
import { bootId } from "./process-identity.ts";
import type { SyncPolicy } from "./journal.ts";
import { type JournalRecords, decodeRecords } from "./journal-records.ts";
import { type StoreUpdate, newEpoch } from "../tables.ts";

/** What was found when a store was opened. */
export interface FileStoreReport {
  /** Whether the history goes on: `"lost"` when some of it may be missing, and `"new"` where there was none. */
  readonly history: "kept" | "lost" | "new";
  /** Bytes at the end of the file that were dropped, because they were never written to their end. */
  readonly droppedBytes: number;
  /** A copy of a file that had been damaged; what stood behind the damage is not in the store. */
  readonly damagedCopy?: string;
}

/** What a record of the journal says. */
export type JournalEntry =
  | {
      readonly type: "opened";
      readonly epoch: string;
      readonly boot: string | undefined;
      readonly sync: SyncPolicy;
    }
  | { readonly type: "changed"; readonly change: StoreUpdate }
  | { readonly type: "closed" };

/** What a journal held. */
export interface JournalContents {
  readonly report: FileStoreReport;
  readonly epoch: string;
  /** What was changed, in order. */
  readonly updates: readonly StoreUpdate[];
}

/** Reads a journal, and tells whether its history goes on. Rejects when the file is none. */
export async function readJournal(path: string): Promise<JournalContents> {
  const file = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  if (file === undefined)
    return { report: { history: "new", droppedBytes: 0 }, epoch: newEpoch(), updates: [] };
  try {
    return await interpret(path, decodeRecords(file));
  } catch (error) {
    const told = `${JSON.stringify(path)} cannot be read: ${String(error)}; move it away to begin with nothing`;
    throw new Error(told, { cause: error });
  }
}

async function interpret(path: string, { payloads, cut, damaged }: JournalRecords): Promise<JournalContents> {
  const lines = payloads.map(decodeEntry);
  const [first] = lines;
  if (first?.type !== "opened") throw new Error("its first record is missing");
  const kept = !damaged && (lines.at(-1)?.type === "closed" || isComplete(first));
  const copy = `${path}.damaged`;
  if (damaged) await copyFile(path, copy);
  return {
    report: { history: kept ? "kept" : "lost", droppedBytes: cut, ...(damaged && { damagedCopy: copy }) },
    epoch: kept ? first.epoch : newEpoch(),
    updates: lines.flatMap((line) => (line.type === "changed" ? line.change : [])),
  };
}

/** Whether everything that was settled is still there, though nobody closed the store. */
function isComplete({ boot, sync }: JournalEntry & { readonly type: "opened" }): boolean {
  return sync === "disk" || (boot !== undefined && boot === bootId());
}

function decodeEntry(payload: Uint8Array): JournalEntry {
  // A copy: bytes that are read from it would else keep the whole file in memory.
  return deserialize(new Uint8Array(payload)) as JournalEntry;
}

/** The record of a line. */
export function encodeEntry(line: JournalEntry): Uint8Array {
  return serialize(line);
}

/** The records of a journal that begins now with these changes. */
export function* encodeJournal(
  epoch: string,
  sync: SyncPolicy,
  changes: Iterable<StoreUpdate>,
): Generator<Uint8Array> {
  yield encodeEntry({ type: "opened", epoch, boot: bootId(), sync });
  for (const change of changes) yield encodeEntry({ type: "changed", change });
}
