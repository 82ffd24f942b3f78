import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { encodeRecord, signature } from "./journal-records.ts";

/** What a write outlives: `os` the end of the process, however it ends; `disk` the end of the machine too. */
export type SyncPolicy = "os" | "disk";

/** Bytes of one write while a journal is made. */
const chunk = 4 * 1024 * 1024;

/** A file of records that only grows at its end, or is replaced as a whole. One call at a time. */
export class Journal {
  /** Where the file is. */
  readonly path: string;
  readonly #sync: SyncPolicy;
  #file: FileHandle;
  #length: number;
  /** Something may stand behind the last record that was not believed. */
  #untidy = false;
  /** Why this journal cannot be used any more. */
  #broken: { readonly error: unknown } | undefined;

  private constructor(path: string, sync: SyncPolicy, file: FileHandle, length: number) {
    this.path = path;
    this.#sync = sync;
    this.#file = file;
    this.#length = length;
  }

  /** Makes a journal of these records and puts it in the place of the one that was there, at once. */
  static async create(path: string, sync: SyncPolicy, payloads: Iterable<Uint8Array>): Promise<Journal> {
    const { file, length } = await written(path, payloads);
    const journal = new Journal(path, sync, file, length);
    await journal.#publish(file);
    return journal;
  }

  /** Bytes of the file. */
  get length(): number {
    return this.#length;
  }

  /** Adds records, all of them or, when it rejects, none. */
  async append(payloads: readonly Uint8Array[]): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken.error;
    const bytes = Buffer.concat(payloads.map(encodeRecord));
    await this.#tidy();
    this.#untidy = true;
    try {
      await writeAll(this.#file, bytes, this.#length);
      if (this.#sync === "disk") await this.#file.datasync();
    } catch (error) {
      await this.#tidy().catch(() => {}); // the next append tries again, and fails when it cannot
      throw error;
    }
    this.#untidy = false;
    this.#length += bytes.length;
  }

  /** Replaces everything by these records; when it rejects, everything is as it was, or no later call succeeds. */
  async replace(payloads: Iterable<Uint8Array>): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken.error;
    const { file, length } = await written(this.path, payloads);
    const old = this.#file;
    await this.#publish(file);
    this.#file = file;
    this.#length = length;
    this.#untidy = false;
    await old.close();
  }

  /** Makes sure that everything is on the disk, and closes the file. */
  async close(): Promise<void> {
    try {
      await this.#file.datasync();
    } finally {
      await this.#file.close();
    }
  }

  async #publish(file: FileHandle): Promise<void> {
    try {
      await rename(fresh(this.path), this.path);
    } catch (error) {
      await discard(this.path, file);
      throw error;
    }
    try {
      await syncDirectory(dirname(this.path));
    } catch (error) {
      this.#broken = { error }; // which of the two files is there after a power loss, nobody knows
      await file.close();
      throw error;
    }
  }

  /** Cuts off what stands behind the last record that is believed. */
  async #tidy(): Promise<void> {
    if (!this.#untidy) return;
    await this.#file.truncate(this.#length);
    if (this.#sync === "disk") await this.#file.datasync();
    this.#untidy = false;
  }
}

const fresh = (path: string): string => `${path}.new`;

/** Writes a new journal beside the present one, down to the disk. */
async function written(
  path: string,
  payloads: Iterable<Uint8Array>,
): Promise<{ readonly file: FileHandle; readonly length: number }> {
  const file = await open(fresh(path), "w", 0o600);
  let length = 0;
  try {
    for (const bytes of chunks(payloads)) {
      await writeAll(file, bytes, length);
      length += bytes.length;
    }
    await file.datasync();
    return { file, length };
  } catch (error) {
    await discard(path, file);
    throw error;
  }
}

function* chunks(payloads: Iterable<Uint8Array>): Generator<Buffer> {
  let records = [signature];
  let length = 0;
  for (const payload of payloads) {
    records.push(encodeRecord(payload));
    length += payload.byteLength;
    if (length < chunk) continue;
    yield Buffer.concat(records);
    records = [];
    length = 0;
  }
  yield Buffer.concat(records);
}

/** A system may take less than it is given. */
async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

async function discard(path: string, file: FileHandle): Promise<void> {
  await file.close();
  await rm(fresh(path), { force: true });
}

/** A rename is on the disk when its directory is. Windows has no such thing. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
