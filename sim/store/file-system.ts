import { Buffer } from "node:buffer";
import type { VirtualFileSystem } from "../virtual/globals.ts";
import type { ProcessScope } from "../virtual/process-scope.ts";
import type { SeededRandom } from "../virtual/seeded-random.ts";
import type { StoreFaults } from "./store-faults.ts";

/** The content of a file, and its content at the last sync, which survives a loss of power. */
interface File {
  bytes: Buffer;
  synced: Buffer;
}

/**
 * The files of the server's machine. They outlive a process; a write in progress when the process ends is torn. A loss
 * of power takes away what was not synced.
 */
export class ServerFileSystem implements VirtualFileSystem {
  readonly #random: SeededRandom;
  readonly #faults: StoreFaults;
  readonly #maxLatency: number;
  #files = new Map<string, File>();
  /** The directory at its last sync. */
  #syncedFiles = new Map<string, File>();
  /** The process that opens files now. */
  #process: ProcessScope | undefined;
  /** How many processes have started. It makes the start time of each process unique. */
  #processCount = 0;
  /** How often the machine has booted. */
  #bootCount = 1;
  /** Carries out a part of the write in progress. */
  #tearWrite: (() => void) | undefined;

  /** A call takes up to `maxLatency` ms. */
  constructor(random: SeededRandom, faults: StoreFaults, maxLatency: number) {
    this.#random = random;
    this.#faults = faults;
    this.#maxLatency = maxLatency;
  }

  /** Called when a server process starts: calls from now on are its calls. */
  startProcess(process: ProcessScope): void {
    this.#process = process;
    this.#processCount += 1;
  }

  /** Stops the write in progress: a part of its bytes is in the file. */
  tear(): void {
    this.#tearWrite?.();
    this.#tearWrite = undefined;
  }

  /** The machine loses power and boots: of what was not synced, all, a part or nothing is lost. */
  losePower(): void {
    this.#bootCount += 1;
    if (this.#random.chance(0.5)) this.#files = new Map(this.#syncedFiles);
    for (const file of this.#files.values()) {
      const { bytes, synced } = file;
      const minLength = Math.min(synced.length, bytes.length);
      const kept = bytes.subarray(0, this.#random.integer(minLength, bytes.length));
      file.bytes = this.#random.chance(0.3) ? synced : kept;
      file.synced = file.bytes;
    }
  }

  /** The files of `/proc` by which the file store distinguishes processes and boots. */
  readProcFile(path: string): string | undefined {
    if (path === "/proc/sys/kernel/random/boot_id") return `run ${this.#bootCount}`;
    return /^\/proc\/\d+\/stat$/.test(path)
      ? `1 (sim) S ${"0 ".repeat(18)}${this.#processCount} 0`
      : undefined;
  }

  // The members below are those of `node:fs/promises`.

  /** Does nothing: directories need not exist. */
  readonly mkdir = async (): Promise<void> => {};

  /** Describes a directory of this user alone. */
  readonly lstat = async (): Promise<object> => ({ isSymbolicLink: () => false, mode: 0o700 });

  /** Opens a file, or a directory, which can be synced only. */
  readonly open = async (path: string, flags: string): Promise<object> => {
    const process = this.#process;
    if (flags === "wx" && this.#files.has(path)) throw fileError("EEXIST", path);
    if (flags === "wx") this.#files.set(path, { bytes: Buffer.alloc(0), synced: Buffer.alloc(0) });
    const file = this.#files.get(path);
    const close = async (): Promise<void> => {};
    if (file === undefined)
      return { close, sync: async () => void (this.#syncedFiles = new Map(this.#files)) };
    return {
      close,
      datasync: () => this.#call(process, "datasync", () => void (file.synced = file.bytes)),
      truncate: (length: number) =>
        this.#call(process, "truncate", () => void (file.bytes = file.bytes.subarray(0, length))),
      write: (buffer: Buffer, offset: number, length: number, position: number) => {
        const bytes = Buffer.from(buffer.subarray(offset, offset + length));
        const writeFirst = (count: number): void => {
          const after = file.bytes.subarray(position + count);
          file.bytes = Buffer.concat([file.bytes.subarray(0, position), bytes.subarray(0, count), after]);
        };
        const writePart = (): void => writeFirst(this.#random.integer(0, length));
        this.#tearWrite = writePart;
        const writeAll = () => (writeFirst(length), { bytesWritten: length });
        return this.#call(process, "write", writeAll, writePart);
      },
    };
  };

  /** Renames a file. */
  readonly rename = async (from: string, to: string): Promise<void> => {
    this.#files.set(to, this.#existing(from));
    this.#files.delete(from);
  };

  /** Removes a file. */
  readonly rm = async (path: string): Promise<void> => void this.#files.delete(path);

  /** Gives a file a second name. */
  readonly link = async (from: string, to: string): Promise<void> => {
    if (this.#files.has(to)) throw fileError("EEXIST", to);
    this.#files.set(to, this.#existing(from));
  };

  /** The content of a file. */
  readonly readFile = async (path: string): Promise<Buffer> => Buffer.from(this.#existing(path).bytes);

  /** Writes and syncs a file. */
  readonly writeFile = async (path: string, content: string | Buffer): Promise<void> => {
    const bytes = Buffer.from(content as string);
    this.#files.set(path, { bytes, synced: bytes });
  };

  #existing(path: string): File {
    const file = this.#files.get(path);
    if (file === undefined) throw fileError("ENOENT", path);
    return file;
  }

  /**
   * Carries out a call after some time, unless its process ends before. A call that fails does nothing or what
   * `actInPart` does, or it does everything and rejects.
   */
  #call<Answer>(
    process: ProcessScope | undefined,
    name: string,
    act: () => Answer,
    actInPart: () => void = () => {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      process?.schedule(this.#random.between(0, this.#maxLatency), () => {
        this.#tearWrite = undefined;
        const result = this.#faults.drawResult(name);
        if (result === "succeeds") return resolve(act());
        if (result === "fails after") act();
        else actInPart();
        reject(this.#faults.error(name));
      });
    });
  }
}

function fileError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
