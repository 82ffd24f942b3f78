/** The entries of a journal, one in each record, and what they mean when a store is opened. */
import { copyFile, readFile } from "node:fs/promises";
import { deserialize, serialize } from "node:v8";
import { currentBootId } from "./process-identity.ts";
import type { SyncPolicy } from "./journal.ts";
import { type JournalRecords, decodeRecords } from "./journal-records.ts";
import type { StoreUpdate } from "../store-update.ts";
import { newEpoch, newProofKey } from "../tables.ts";

/** What `fileStore` found in its directory: the value of `report`. */
export interface FileStoreReport {
  /**
   * - `"new"`: there was no store.
   * - `"kept"`: the store has everything that settled before. Sessions resume, and rooms continue.
   * - `"lost"`: some of it may be missing. The store has a new epoch: every session resets, and every room has a gap.
   */
  readonly history: "kept" | "lost" | "new";
  /** The size of what the store dropped at the end of its file, in bytes: the process was killed while it wrote this. */
  readonly droppedBytes: number;
  /** The path of a copy of the file, when the file was damaged. What followed the damage is not in the store. */
  readonly damagedCopy?: string;
}

/** An entry of a journal. */
export type JournalEntry =
  /** Always the first entry. */
  | {
      readonly type: "opened";
      /** The epoch of the store. */
      readonly epoch: string;
      /** The store's `proofKey`. */
      readonly proofKey: string;
      /** The run of the machine in which the journal was written. */
      readonly bootId: string | undefined;
      /** What its writes survive. */
      readonly sync: SyncPolicy;
    }
  /** An update that a call settled with. */
  | { readonly type: "updated"; readonly update: StoreUpdate }
  /** The last entry, when the store was closed. */
  | { readonly type: "closed" };

/** What a journal held. */
export interface JournalContents {
  /** What `fileStore` reports about the journal. */
  readonly report: FileStoreReport;
  /** The epoch of the store from now on. */
  readonly epoch: string;
  /** The store's `proofKey`. */
  readonly proofKey: string;
  /** All updates, in the order in which they were applied. */
  readonly updates: readonly StoreUpdate[];
}

/**
 * Reads a journal, and finds out whether its history continues.
 *
 * @throws Error when the file cannot be read, or is not a journal of this version.
 */
export async function readJournal(path: string): Promise<JournalContents> {
  const file = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  if (file === undefined)
    return {
      report: { history: "new", droppedBytes: 0 },
      epoch: newEpoch(),
      proofKey: newProofKey(),
      updates: [],
    };
  try {
    return await interpret(path, decodeRecords(file));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `the store cannot read ${JSON.stringify(path)}: ${reason}; move the file away to begin with an empty store`,
      { cause },
    );
  }
}

async function interpret(path: string, records: JournalRecords): Promise<JournalContents> {
  const { payloads, droppedBytes, damaged } = records;
  const entries = payloads.map(decodeEntry);
  const [first] = entries;
  if (first?.type !== "opened") throw new Error("its first entry is missing");
  const kept = !damaged && (entries.at(-1)?.type === "closed" || isComplete(first));
  const damagedCopy = `${path}.damaged`;
  if (damaged) await copyFile(path, damagedCopy);
  return {
    report: { history: kept ? "kept" : "lost", droppedBytes, ...(damaged && { damagedCopy }) },
    epoch: kept ? first.epoch : newEpoch(),
    proofKey: first.proofKey,
    updates: entries.flatMap((entry) => (entry.type === "updated" ? entry.update : [])),
  };
}

/** Whether a journal that was not closed has everything that settled. */
function isComplete({ bootId, sync }: JournalEntry & { readonly type: "opened" }): boolean {
  return sync === "disk" || (bootId !== undefined && bootId === currentBootId());
}

function decodeEntry(payload: Uint8Array): JournalEntry {
  // A copy: otherwise the bytes of a message keep the whole file in memory.
  return deserialize(new Uint8Array(payload)) as JournalEntry;
}

/** Encodes the payload of a record. */
export function encodeEntry(entry: JournalEntry): Uint8Array {
  return serialize(entry);
}

/** Encodes the entries of a journal that begins now with these updates. */
export function* encodeJournal(
  { epoch, proofKey }: Pick<JournalContents, "epoch" | "proofKey">,
  sync: SyncPolicy,
  updates: Iterable<StoreUpdate>,
): Generator<Uint8Array> {
  yield encodeEntry({ type: "opened", epoch, proofKey, bootId: currentBootId(), sync });
  for (const update of updates) yield encodeEntry({ type: "updated", update });
}
