import type { SessionOptions } from "@symbolon/server";
import type { SeededRandom } from "../virtual/seeded-random.ts";

/** The store of the server's sessions and rooms. */
export interface StoreSettings {
  /**
   * `none`: sessions end with their process. `memory`: a memory store on another machine, which every server process
   * reaches over a network. `files`: the file store, on the server's machine.
   */
  readonly type: "none" | "memory" | "files";
  /** The longest time that a call takes each way, or a write to a file, in ms. */
  readonly maxLatency: number;
  /** The option `sync` of the file store. */
  readonly sync: "os" | "disk";
  /** Whether a memory store appends the room messages of a commit some time after it. */
  readonly appendsLate: boolean;
  /** Whether half of what one process tells another one by a memory store is lost. */
  readonly losesNotices: boolean;
}

/** The settings of one world. Times are short and buffers small, so a virtual minute covers what a day does elsewhere. */
export interface WorldSettings {
  /** How many server processes run at once; several share a store. */
  readonly nodes: number;
  /** The number of clients. */
  readonly clients: number;
  /** The server's option `heartbeat`, in ms. */
  readonly heartbeat: { readonly interval: number; readonly timeout: number };
  /** Time between two sweeps of the server's clock, in ms. */
  readonly sweepInterval: number;
  /** Whether the client's sockets have `terminate`, as those of Node have. */
  readonly terminable: boolean;
  /** How long the application sends messages, in ms. */
  readonly duration: number;
  /** About how many messages the clients send in all, and the server as well. */
  readonly messages: number;
  /** The server's store. */
  readonly store: StoreSettings;
  /** Options of the server app. */
  readonly app: {
    readonly sessions: Required<Pick<SessionOptions, "grace" | "messages" | "maxDetached">>;
  };
  /** Options of the clients. */
  readonly client: { readonly outbox: { readonly messages: number; readonly full: "wait" | "reject" } };
}

/** Draws the settings of a world with one of these types of store, at most `maxDetached` detached sessions, and one node or 2 to `maxNodes`. */
export function drawSettings(
  random: SeededRandom,
  stores: readonly StoreSettings["type"][],
  maxDetached: number,
  maxNodes: number,
): WorldSettings {
  // The order of these draws is part of every schedule: a change of it changes what each seed does.
  return {
    clients: random.chance(0.3) ? 2 : 1,
    heartbeat: { interval: random.pick([1_000, 2_000, 4_000]), timeout: random.pick([500, 1_000, 2_000]) },
    sweepInterval: random.pick([100, 200, 400]),
    terminable: random.chance(0.5),
    duration: random.pick([10_000, 20_000, 40_000]),
    messages: random.integer(12, 30),
    app: {
      sessions: { grace: random.pick([20_000, 60_000]), messages: random.pick([20, 100]), maxDetached },
    },
    client: {
      outbox: { messages: random.pick([20, 100, 1_000]), full: random.chance(0.5) ? "wait" : "reject" },
    },
    store: {
      type: random.pick(stores),
      maxLatency: random.pick([0, 5, 100]),
      sync: random.pick(["os", "disk"]),
      appendsLate: random.chance(0.5),
      losesNotices: maxNodes === 1 || random.chance(0.5),
    },
    nodes: maxNodes === 1 ? 1 : random.integer(2, maxNodes),
  };
}
