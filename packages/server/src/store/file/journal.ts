import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { encodeRecord, signature } from "./journal-records.ts";

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
  /** True while there may be bytes after the last record that was confirmed. */
  #hasUnconfirmedTail = false;
  /** Present when no later call can succeed. */
  #failure: { readonly error: unknown } | undefined;

  private constructor(path: string, sync: SyncPolicy, file: FileHandle, length: number) {
    this.path = path;
    this.#sync = sync;
    this.#file = file;
    this.#length = length;
  }

  /** Writes a new journal, then replaces the one at `path` by it in one step. */
  static async create(path: string, sync: SyncPolicy, payloads: Iterable<Uint8Array>): Promise<Journal> {
    const { file, length } = await writeReplacement(path, payloads);
    const journal = new Journal(path, sync, file, length);
    await journal.#publish(file);
    return journal;
  }

  /** The size of the file, in bytes. */
  get length(): number {
    return this.#length;
  }

  /** Appends records. When it rejects, the journal has none of them. */
  async append(payloads: readonly Uint8Array[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const bytes = Buffer.concat(payloads.map(encodeRecord));
    await this.#truncateTail();
    this.#hasUnconfirmedTail = true;
    try {
      await writeAll(this.#file, bytes, this.#length);
      if (this.#sync === "disk") await this.#file.datasync();
    } catch (error) {
      await this.#truncateTail().catch(() => {}); // the next append tries again, and rejects when it fails again
      throw error;
    }
    this.#hasUnconfirmedTail = false;
    this.#length += bytes.length;
  }

  /** Replaces all records. When it rejects, either the journal is as before, or no later call succeeds. */
  async replace(payloads: Iterable<Uint8Array>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const { file, length } = await writeReplacement(this.path, payloads);
    const previousFile = this.#file;
    await this.#publish(file);
    this.#file = file;
    this.#length = length;
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

/** Writes a new journal beside the present one, and waits until it is on the disk. */
async function writeReplacement(
  path: string,
  payloads: Iterable<Uint8Array>,
): Promise<{ readonly file: FileHandle; readonly length: number }> {
  const file = await open(replacementPath(path), "w", 0o600);
  let length = 0;
  try {
    for (const bytes of encodeChunks(payloads)) {
      await writeAll(file, bytes, length);
      length += bytes.length;
    }
    await file.datasync();
    return { file, length };
  } catch (error) {
    await discardReplacement(path, file);
    throw error;
  }
}

async function discardReplacement(path: string, file: FileHandle): Promise<void> {
  await file.close();
  await rm(replacementPath(path), { force: true });
}

/** Encodes a whole file: the signature and all records. */
function* encodeChunks(payloads: Iterable<Uint8Array>): Generator<Buffer> {
  let records = [signature];
  let length = 0;
  for (const payload of payloads) {
    records.push(encodeRecord(payload));
    length += payload.byteLength;
    if (length < chunkBytes) continue;
    yield Buffer.concat(records);
    records = [];
    length = 0;
  }
  yield Buffer.concat(records);
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
