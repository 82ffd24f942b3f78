import { Buffer } from "node:buffer";
import type { Life } from "../virtual/process-scope.ts";
import type { Troubled } from "./store-faults.ts";

/** A file; what was not synced may be lost with the machine. */
interface File {
  bytes: Buffer;
  synced: Buffer;
}

/** The files of the server's machine: what a process has written outlives it, and what it was writing may be there in part. */
export class Files {
  /** The process whose files they are now. */
  life: Life | undefined;
  /** Counts the processes that have begun here, so that no two are taken for one. */
  processes = 0;
  /** Names this run of the machine. */
  run = 1;
  readonly #depot: Troubled;
  #names = new Map<string, File>();
  #syncedNames = new Map<string, File>();
  /** Cuts off what is being written. */
  #tear: (() => void) | undefined;

  constructor(depot: Troubled) {
    this.#depot = depot;
  }

  /** Stops what is being written where it is. */
  tear(): void {
    this.#tear?.();
    this.#tear = undefined;
  }

  /** What was not synced is there, or not, or in part. */
  cutPower(): void {
    const { chance } = this.#depot;
    this.run += 1;
    if (chance.happens(0.5)) this.#names = new Map(this.#syncedNames);
    for (const file of this.#names.values()) {
      const { bytes, synced } = file;
      const kept = bytes.subarray(0, chance.whole(Math.min(synced.length, bytes.length), bytes.length));
      file.bytes = chance.happens(0.3) ? synced : kept;
      file.synced = file.bytes;
    }
  }

  /** What stands below `/proc`, as far as it tells processes and runs apart. */
  proc(path: string): string | undefined {
    if (path === "/proc/sys/kernel/random/boot_id") return `run ${this.run}`;
    return /^\/proc\/\d+\/stat$/.test(path) ? `1 (sim) S ${"0 ".repeat(18)}${this.processes} 0` : undefined;
  }

  // From here on as in `node:fs/promises`.

  readonly mkdir = async (): Promise<void> => {};

  readonly open = async (path: string, flags: string): Promise<object> => {
    const { life } = this;
    if (flags === "w") this.#names.set(path, { bytes: Buffer.alloc(0), synced: Buffer.alloc(0) });
    const file = this.#names.get(path);
    const nothing = async (): Promise<void> => {};
    if (file === undefined)
      return { close: nothing, sync: async () => void (this.#syncedNames = new Map(this.#names)) };
    return {
      close: nothing,
      datasync: () => this.#take(life, "datasync", () => void (file.synced = file.bytes)),
      truncate: (length: number) =>
        this.#take(life, "truncate", () => void (file.bytes = file.bytes.subarray(0, length))),
      write: (buffer: Buffer, at: number, length: number, position: number) => {
        const bytes = Buffer.from(buffer.subarray(at, at + length));
        const put = (many: number): void => {
          file.bytes = Buffer.concat([file.bytes.subarray(0, position), bytes.subarray(0, many)]);
        };
        const some = (): void => put(this.#depot.chance.whole(0, length));
        this.#tear = some;
        return this.#take(life, "write", () => (put(length), { bytesWritten: length }), some);
      },
    };
  };

  readonly rename = async (from: string, to: string): Promise<void> => {
    this.#names.set(to, this.#existing(from));
    this.#names.delete(from);
  };

  readonly rm = async (path: string): Promise<void> => void this.#names.delete(path);

  readonly link = async (from: string, to: string): Promise<void> => {
    if (this.#names.has(to)) throw failure("EEXIST", to);
    this.#names.set(to, this.#existing(from));
  };

  readonly copyFile = async (from: string, to: string): Promise<void> => {
    this.#names.set(to, { ...this.#existing(from) });
  };

  readonly readFile = async (path: string, encoding?: string): Promise<Buffer | string> => {
    const { bytes } = this.#existing(path);
    return encoding === undefined ? Buffer.from(bytes) : bytes.toString();
  };

  readonly writeFile = async (path: string, text: string): Promise<void> => {
    const bytes = Buffer.from(text);
    this.#names.set(path, { bytes, synced: bytes });
  };

  #existing(path: string): File {
    const file = this.#names.get(path);
    if (file === undefined) throw failure("ENOENT", path);
    return file;
  }

  /** Does something that takes its time, unless its process dies or it fails; `part` of it may have been done then. */
  #take<Answer>(
    life: Life | undefined,
    what: string,
    act: () => Answer,
    part: () => void = () => {},
  ): Promise<Answer> {
    const { chance, settings } = this.#depot;
    return new Promise((resolve, reject) => {
      life?.plan(chance.between(0, settings.late), () => {
        this.#tear = undefined;
        const fate = this.#depot.fate(what);
        if (fate === "well") return resolve(act());
        if (fate === "forgets") act();
        else part();
        reject(this.#depot.trouble(what));
      });
    });
  }
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
