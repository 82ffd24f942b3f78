/** The entries of a journal, one in each record, and what they mean when a store is opened. */
import { rm, writeFile } from "node:fs/promises";
import { deserialize, serialize } from "node:v8";
import { crc32 } from "node:zlib";
import { readPrivateFile } from "./private-files.ts";
import { currentBootId } from "./process-identity.ts";
import type { SyncPolicy } from "./journal.ts";
import { type JournalRecord, type JournalRecords, decodeRecords } from "./journal-records.ts";
import type { StoreUpdate } from "../memory/store-update.ts";
import { newEpoch, newProofKey } from "../memory/tables.ts";

/** What `fileStore` found in its directory: the value of `report`. */
export interface FileStoreReport {
  /**
   * - `"new"`: there was no store.
   * - `"kept"`: the store has everything that settled before. Sessions resume, and rooms continue.
   * - `"damaged"`: something is missing of some sessions and rooms. These sessions reset, and these rooms have a gap; all
   *   others continue.
   * - `"lost"`: something may be missing of every session and room. The store has a new epoch: every session resets, and
   *   every room has a gap.
   */
  readonly history: "kept" | "damaged" | "lost" | "new";
  /** The size of what the store dropped of its file, in bytes: what was damaged, or the process was killed while it wrote this. */
  readonly droppedBytes: number;
  /** The path of a copy of the file, when the file was damaged. */
  readonly damagedCopy?: string;
}

/** An entry of a journal. */
export type JournalEntry =
  /** Always the first entry, and the second one: one of them may be damaged. */
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
  /** Whether something is missing of the session of this id. */
  readonly lostSession: (sessionId: string) => boolean;
  /** Whether something is missing of the room. */
  readonly lostRoom: (room: string) => boolean;
}

/**
 * Reads a journal, and finds out whether its history continues.
 *
 * @throws Error when the file cannot be read, is a symbolic link, or is not a journal of this version.
 */
export async function readJournal(path: string): Promise<JournalContents> {
  const file = await readPrivateFile(path);
  if (file === undefined) {
    const report = { history: "new", droppedBytes: 0 } as const;
    const lost = (): boolean => false;
    return { report, ...newIdentity(), updates: [], lostSession: lost, lostRoom: lost };
  }
  try {
    const records = decodeRecords(file);
    const damagedCopy = `${path}.damaged`;
    if (records.damaged) {
      await rm(damagedCopy, { force: true });
      await writeFile(damagedCopy, file, { flag: "wx", mode: 0o600 });
    }
    return interpret(records, records.damaged ? { damagedCopy } : {});
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `the store cannot read ${JSON.stringify(path)}: ${reason}; move the file away to begin with an empty store`,
      { cause },
    );
  }
}

function interpret(
  { payloads, lost, droppedBytes }: JournalRecords,
  damage: Pick<FileStoreReport, "damagedCopy">,
): JournalContents {
  const entries = payloads.map(decodeEntry);
  const first = entries.find((entry) => entry.type === "opened");
  const continues = first !== undefined && (entries.at(-1)?.type === "closed" || isComplete(first));
  const history = !continues || lost === undefined ? "lost" : lost.size > 0 ? "damaged" : "kept";
  return {
    report: { history, droppedBytes, ...damage },
    ...(first === undefined || history === "lost"
      ? newIdentity()
      : { epoch: first.epoch, proofKey: first.proofKey }),
    updates: entries.flatMap((entry) => (entry.type === "updated" ? entry.update : [])),
    // When everything is lost the epoch of the store is new, and no session of before has it.
    lostSession: (sessionId) => history === "damaged" && lost?.has(sessionSubject(sessionId)) === true,
    lostRoom: (room) => history === "lost" || lost?.has(roomSubject(room)) === true,
  };
}

/** What no store had before. */
function newIdentity(): Pick<JournalContents, "epoch" | "proofKey"> {
  return { epoch: newEpoch(), proofKey: newProofKey() };
}

/** Whether a journal that was not closed has everything that settled. */
function isComplete({ bootId, sync }: JournalEntry & { readonly type: "opened" }): boolean {
  return sync === "disk" || (bootId !== undefined && bootId === currentBootId());
}

function decodeEntry(payload: Uint8Array): JournalEntry {
  // A copy: otherwise the bytes of a message keep the whole file in memory.
  return deserialize(new Uint8Array(payload)) as JournalEntry;
}

/** Encodes an entry for its record. */
export function encodeEntry(entry: JournalEntry): JournalRecord {
  return { payload: serialize(entry), subjects: entry.type === "updated" ? subjectsOf(entry.update) : [] };
}

function subjectsOf({ session, rooms = [] }: StoreUpdate): readonly number[] {
  const subjects = new Set(rooms.map(({ room }) => roomSubject(room)));
  if (session !== undefined) subjects.add(sessionSubject(session.sessionId));
  return [...subjects];
}

function sessionSubject(sessionId: string): number {
  return crc32(`session ${sessionId}`);
}

function roomSubject(room: string): number {
  return crc32(`room ${room}`);
}

/** Encodes the entries of a journal that begins now with these updates. */
export function* encodeJournal(
  { epoch, proofKey }: Pick<JournalContents, "epoch" | "proofKey">,
  sync: SyncPolicy,
  updates: Iterable<StoreUpdate>,
): Generator<JournalRecord> {
  const opened = encodeEntry({ type: "opened", epoch, proofKey, bootId: currentBootId(), sync });
  yield* [opened, opened];
  for (const update of updates) yield encodeEntry({ type: "updated", update });
}
