import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type JournalRecord, RecordEncoder } from "./journal-records.ts";

/**
 * What a settled write survives.
 * - `"os"`: the end of the process, however it ends.
 * - `"disk"`: the end of the machine too, a loss of power included.
 */
export type SyncPolicy = "os" | "disk";

/** How much of a new journal one write holds, in bytes. */
const chunkBytes = 4 * 1024 * 1024;

/** A file of records that grows at its end, or is replaced as a whole. The caller makes one call at a time. */
export class Journal {
  /** The path of the file. */
  readonly path: string;
  readonly #sync: SyncPolicy;
  #file: FileHandle;
  #length: number;
  #encoder: RecordEncoder;
  /** True while there may be bytes after the last record that was confirmed. */
  #hasUnconfirmedTail = false;
  /** Present when no later call can succeed. */
  #failure: { readonly error: unknown } | undefined;

  private constructor(path: string, sync: SyncPolicy, { file, length, encoder }: WrittenJournal) {
    this.path = path;
    this.#sync = sync;
    this.#file = file;
    this.#length = length;
    this.#encoder = encoder;
  }

  /** Writes a new journal, then replaces the one at `path` by it in one step. */
  static async create(path: string, sync: SyncPolicy, records: Iterable<JournalRecord>): Promise<Journal> {
    const written = await writeReplacement(path, records);
    const journal = new Journal(path, sync, written);
    await journal.#publish(written.file);
    return journal;
  }

  /** The size of the file, in bytes. */
  get length(): number {
    return this.#length;
  }

  /** Appends records. When it rejects, the journal has none of them. */
  async append(records: readonly JournalRecord[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    await this.#truncateTail();
    const takeBack = this.#encoder.checkpoint();
    const bytes = Buffer.concat(records.map((record) => this.#encoder.encode(record)));
    this.#hasUnconfirmedTail = true;
    try {
      await writeAll(this.#file, bytes, this.#length);
      if (this.#sync === "disk") await this.#file.datasync();
    } catch (error) {
      takeBack();
      await this.#truncateTail().catch(() => {}); // the next append tries again, and rejects when it fails again
      throw error;
    }
    this.#hasUnconfirmedTail = false;
    this.#length += bytes.length;
    await confirm(this.#file, this.#encoder).catch(() => {}); // the next append confirms these records too
  }

  /** Replaces all records. When it rejects, either the journal is as before, or no later call succeeds. */
  async replace(records: Iterable<JournalRecord>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const { file, length, encoder } = await writeReplacement(this.path, records);
    const previousFile = this.#file;
    await this.#publish(file);
    this.#file = file;
    this.#length = length;
    this.#encoder = encoder;
    this.#hasUnconfirmedTail = false;
    await previousFile.close();
  }

  /** Writes everything to the disk, and closes the file. */
  async close(): Promise<void> {
    try {
      await this.#file.datasync();
    } finally {
      await this.#file.close();
    }
  }

  /** Gives the replacement the name of the journal. */
  async #publish(replacement: FileHandle): Promise<void> {
    try {
      await rename(replacementPath(this.path), this.path);
    } catch (error) {
      await discardReplacement(this.path, replacement);
      throw error;
    }
    try {
      await syncDirectory(dirname(this.path));
    } catch (error) {
      this.#failure = { error }; // after a loss of power either of the two files may be there
      await replacement.close();
      throw error;
    }
  }

  /** Cuts the bytes after the last record that was confirmed. */
  async #truncateTail(): Promise<void> {
    if (!this.#hasUnconfirmedTail) return;
    await this.#file.truncate(this.#length);
    if (this.#sync === "disk") await this.#file.datasync();
    this.#hasUnconfirmedTail = false;
  }
}

function replacementPath(path: string): string {
  return `${path}.new`;
}

/** A journal that was written as a whole, and the encoder of its next records. */
interface WrittenJournal {
  readonly file: FileHandle;
  readonly length: number;
  readonly encoder: RecordEncoder;
}

/** Writes a new journal beside the present one, and waits until it is on the disk. */
async function writeReplacement(path: string, records: Iterable<JournalRecord>): Promise<WrittenJournal> {
  const encoder = new RecordEncoder();
  let length = 0;
  // A process that was killed may have left a file. An exclusive open follows no link that was put there meanwhile.
  await rm(replacementPath(path), { force: true });
  const file = await open(replacementPath(path), "wx", 0o600);
  try {
    for (const bytes of encodeChunks(encoder, records)) {
      await writeAll(file, bytes, length);
      length += bytes.length;
    }
    await confirm(file, encoder);
    await confirm(file, encoder); // in both of its places
    await file.datasync();
    return { file, length, encoder };
  } catch (error) {
    await discardReplacement(path, file);
    throw error;
  }
}

async function discardReplacement(path: string, file: FileHandle): Promise<void> {
  await file.close();
  await rm(replacementPath(path), { force: true });
}

/** Encodes a whole file: its header and all records. */
function* encodeChunks(encoder: RecordEncoder, records: Iterable<JournalRecord>): Generator<Buffer> {
  let parts = [encoder.fileHeader()];
  let length = 0;
  for (const record of records) {
    const part = encoder.encode(record);
    parts.push(part);
    length += part.length;
    if (length < chunkBytes) continue;
    yield Buffer.concat(parts);
    parts = [];
    length = 0;
  }
  yield Buffer.concat(parts);
}

/** Confirms the records that the encoder has encoded, so that a reader would notice the loss of the last ones. */
async function confirm(file: FileHandle, encoder: RecordEncoder): Promise<void> {
  const { bytes, position } = encoder.confirm();
  await writeAll(file, bytes, position);
}

/** Repeats the write until the system has accepted all bytes. */
async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

/** Writes the names of a directory to the disk: without this a loss of power undoes a rename. Windows does not offer it. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
