import { fileStore } from "@symbolon/server/file";
import { memoryStore, type RoomListener, type Store } from "@symbolon/server/store";
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";
import { Files } from "./files.ts";
import { doorTo } from "./door.ts";
import type { Life } from "./life.ts";
import type { StoreSettings } from "./settings.ts";
import type { History, Trace } from "./trace.ts";
import { type Fate, Trouble, type Troubled } from "./trouble.ts";

/** What stands in a process that begins. */
export interface Opening {
  readonly store?: Store;
  readonly history: History;
}

/** What outlives the processes of the server, and what goes wrong with it. */
export class Depot implements Troubled {
  readonly agenda: Agenda;
  readonly chance: Chance;
  readonly settings: StoreSettings;
  readonly files: Files;
  /** How likely a call fails. */
  sick = 0;
  readonly #trace: Trace;
  #shared: Store | undefined;
  #store: Store | undefined;
  readonly #placed = new Set<string>();

  constructor(ground: { agenda: Agenda; chance: Chance; trace: Trace }, settings: StoreSettings) {
    this.agenda = ground.agenda;
    this.chance = ground.chance;
    this.settings = settings;
    this.#trace = ground.trace;
    this.files = new Files(this);
  }

  /** How many sessions it has. */
  get stored(): number {
    const list = this.#store?.sessions.list() ?? [];
    return list instanceof Promise ? Infinity : list.length;
  }

  /** Opens the store for a process that begins. */
  open(life: Life): Opening | Promise<Opening> {
    const { is } = this.settings;
    if (is === "none") return { history: "none" };
    return is === "files" ? this.#openFiles(life) : this.#openShared(life);
  }

  /** The machine has no power: what is not on a disk is lost. */
  cutPower(): void {
    this.#shared = undefined;
    this.files.cutPower();
  }

  /** What is to become of a call. */
  fate(what: string): Fate {
    if (this.sick === 0 || !this.chance.happens(this.sick)) return "well";
    const fate = this.chance.oneOf(["rejects", "forgets"] as const);
    this.#trace.add({ is: "trouble", what: `${what} ${fate}` });
    return fate;
  }

  /** The error of a call that fails. */
  trouble(what: string): Error {
    return new Trouble(`the store failed: ${what}`);
  }

  #openShared(life: Life): Opening {
    const history = this.#shared === undefined ? "new" : "kept";
    if (this.#shared === undefined) this.#watch(memoryStore());
    this.#shared = this.#store;
    return { store: doorTo(this.#shared as Store, this, life), history };
  }

  async #openFiles(life: Life): Promise<Opening> {
    this.files.life = life;
    this.files.processes += 1;
    const store = await fileStore({ directory: "/sim/store", sync: this.settings.sync });
    this.#watch(store);
    return { store, history: store.report.history };
  }

  /** Traces every message of the room once: those that the store has, and those that are appended. */
  #watch(store: Store): void {
    this.#store = store;
    const room = JSON.stringify(["/talk", "all"]);
    const trace: RoomListener = ({ data, offset }, epoch) => {
      const { n } = (JSON.parse(String(data)) as { data: { n: number } }).data;
      const key = `${epoch} ${offset}`;
      if (!this.#placed.has(key)) this.#trace.add({ is: "placed", n, ep: epoch, off: offset });
      this.#placed.add(key);
    };
    store.rooms.subscribe(room, trace);
    void Promise.resolve(store.rooms.read(room, undefined, Infinity)).then(({ entries, epoch }) => {
      for (const entry of entries) trace(entry, epoch);
    });
  }
}
