/** What the journal of a store says, and whether its history goes on. */
import { copyFile, readFile } from "node:fs/promises";
import { deserialize, serialize } from "node:v8";
import { bootId } from "./process-identity.ts";
import type { SyncPolicy } from "./journal.ts";
import { type Contents, contentsOf } from "./journal-records.ts";
import { type Change, newEpoch } from "../tables.ts";

/** What was found when a store was opened. */
export interface Opened {
  /** Whether the history goes on: `"lost"` when some of it may be missing, and `"new"` where there was none. */
  readonly history: "kept" | "lost" | "new";
  /** Bytes at the end of the file that were dropped, because they were never written to their end. */
  readonly cut: number;
  /** A copy of a file that had been damaged; what stood behind the damage is not in the store. */
  readonly damaged?: string;
}

/** What a record of the journal says. */
export type Line =
  | {
      readonly is: "opened";
      readonly epoch: string;
      readonly boot: string | undefined;
      readonly sync: SyncPolicy;
    }
  | { readonly is: "changed"; readonly change: Change }
  | { readonly is: "closed" };

/** What a journal held. */
export interface Found {
  readonly opened: Opened;
  readonly epoch: string;
  /** What was changed, in order. */
  readonly changes: readonly Change[];
}

/** Reads a journal, and tells whether its history goes on. Rejects when the file is none. */
export async function find(path: string): Promise<Found> {
  const file = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  if (file === undefined) return { opened: { history: "new", cut: 0 }, epoch: newEpoch(), changes: [] };
  try {
    return await understood(path, contentsOf(file));
  } catch (error) {
    const told = `${JSON.stringify(path)} cannot be read: ${String(error)}; move it away to begin with nothing`;
    throw new Error(told, { cause: error });
  }
}

async function understood(path: string, { payloads, cut, damaged }: Contents): Promise<Found> {
  const lines = payloads.map(lineOf);
  const [first] = lines;
  if (first?.is !== "opened") throw new Error("its first record is missing");
  const kept = !damaged && (lines.at(-1)?.is === "closed" || outlived(first));
  const copy = `${path}.damaged`;
  if (damaged) await copyFile(path, copy);
  return {
    opened: { history: kept ? "kept" : "lost", cut, ...(damaged && { damaged: copy }) },
    epoch: kept ? first.epoch : newEpoch(),
    changes: lines.flatMap((line) => (line.is === "changed" ? line.change : [])),
  };
}

/** Whether everything that was settled is still there, though nobody closed the store. */
function outlived({ boot, sync }: Line & { readonly is: "opened" }): boolean {
  return sync === "disk" || (boot !== undefined && boot === bootId());
}

function lineOf(payload: Uint8Array): Line {
  // A copy: bytes that are read from it would else keep the whole file in memory.
  return deserialize(new Uint8Array(payload)) as Line;
}

/** The record of a line. */
export function payloadOf(line: Line): Uint8Array {
  return serialize(line);
}

/** The records of a journal that begins now with these changes. */
export function* linesOf(epoch: string, sync: SyncPolicy, changes: Iterable<Change>): Generator<Uint8Array> {
  yield payloadOf({ is: "opened", epoch, boot: bootId(), sync });
  for (const change of changes) yield payloadOf({ is: "changed", change });
}
