import { fileStore } from "@symbolon/server/file";
import { memoryStore, type RoomWatcher, type Store } from "@symbolon/server/store";
import type { StoreSettings } from "../modes/settings.ts";
import type { StoreHistory, Trace } from "../trace/trace.ts";
import type { ProcessScope } from "../virtual/process-scope.ts";
import type { Scheduler } from "../virtual/scheduler.ts";
import type { SeededRandom } from "../virtual/seeded-random.ts";
import { ServerFileSystem } from "./file-system.ts";
import { lateStore } from "./late-store.ts";
import { remoteStore } from "./remote-store.ts";
import { StoreFaults } from "./store-faults.ts";

/** The store that a process opened. */
export interface OpenedStore {
  /** The store; undefined if the world has none. */
  readonly store?: Store;
  /** What the process finds in it. */
  readonly history: StoreHistory;
}

/** How long after a commit a late store appends its room messages, in ms. */
const maxAppendDelay = 200;

/** Holds the sessions and rooms that outlive a server process: on another machine, in files, or nowhere. */
export class StoreHost {
  /** How the store is set up. */
  readonly settings: StoreSettings;
  /** The files of the server's machine. */
  readonly files: ServerFileSystem;
  /** Makes calls fail. */
  readonly faults: StoreFaults;
  readonly #scheduler: Scheduler;
  readonly #random: SeededRandom;
  readonly #trace: Trace;
  /** The store that processes opened last. */
  #store: Store | undefined;
  /** The memory store that the next process opens; undefined if the next process starts with an empty one. */
  #memoryStore: Store | undefined;
  /** The traced messages of the room, each as its epoch and offset. */
  readonly #traced = new Set<string>();

  constructor(parts: { scheduler: Scheduler; random: SeededRandom; trace: Trace }, settings: StoreSettings) {
    this.#scheduler = parts.scheduler;
    this.#random = parts.random;
    this.#trace = parts.trace;
    this.settings = settings;
    this.faults = new StoreFaults(parts.random, parts.trace);
    this.files = new ServerFileSystem(parts.random, this.faults, settings.maxLatency);
  }

  /** The number of sessions in the store. */
  get storedSessions(): number {
    const sessions = this.#store?.sessions.list() ?? [];
    return sessions instanceof Promise ? Infinity : sessions.length;
  }

  /** Opens the store for a process that starts. */
  open(process: ProcessScope): OpenedStore | Promise<OpenedStore> {
    const { type } = this.settings;
    if (type === "none") return { history: "none" };
    return type === "files" ? this.#openFileStore(process) : this.#openMemoryStore(process);
  }

  /** The store's machine loses power: a memory store is empty afterwards, files lose what was not synced. */
  losePower(): void {
    this.#memoryStore = undefined;
    this.files.losePower();
  }

  #openMemoryStore(process: ProcessScope): OpenedStore {
    const history = this.#memoryStore === undefined ? "new" : "kept";
    if (this.#memoryStore === undefined) {
      const store = memoryStore({ now: () => this.#scheduler.now });
      this.#memoryStore = this.settings.appendsLate
        ? lateStore(store, this.#scheduler, this.#random, maxAppendDelay)
        : store;
      this.#traceRoom(store);
    }
    const store = remoteStore(this.#memoryStore, {
      scheduler: this.#scheduler,
      random: this.#random,
      faults: this.faults,
      maxLatency: this.settings.maxLatency,
      losesNotices: this.settings.losesNotices,
      process,
    });
    return { store, history };
  }

  async #openFileStore(process: ProcessScope): Promise<OpenedStore> {
    this.files.startProcess(process);
    const store = await fileStore({ directory: "/sim/store", sync: this.settings.sync });
    this.#traceRoom(store);
    return { store, history: store.report.history };
  }

  /** Traces every message of the room once: those that the store has now, and those that it appends later. */
  #traceRoom(store: Store): void {
    this.#store = store;
    const room = JSON.stringify(["/chat", "all"]);
    const trace: RoomWatcher["receive"] = ({ data, offset }, epoch) => {
      const { n } = (JSON.parse(String(data)) as { data: { n: number } }).data;
      const key = `${epoch} ${offset}`;
      if (!this.#traced.has(key)) this.#trace.add({ type: "appended", n, epoch, offset });
      this.#traced.add(key);
    };
    store.rooms.watch(room, { receive: trace, missed: () => {} });
    void Promise.resolve(store.rooms.read(room, {}, 10_000)).then(({ entries, epoch }) => {
      for (const entry of entries) trace(entry, epoch);
    });
  }
}
