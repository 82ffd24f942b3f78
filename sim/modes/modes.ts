import type { StoreSettings } from "./settings.ts";

/** The name of a fault. */
export type FaultName =
  | "cut"
  | "black hole"
  | "stall"
  | "stale uplink"
  | "refused dials"
  | "slow dials"
  | "unanswered dials"
  | "crash"
  | "power loss"
  | "failing store"
  | "replaced server"
  | "node without store"
  | "revoked principal"
  | "client pause"
  | "server pause"
  | "replayed hello"
  | "forged hello"
  | "forged positions"
  | "forged token"
  | "slow handlers"
  | "hanging handlers"
  | "client burst"
  | "server burst"
  | "clock jump"
  | "offline"
  | "hidden page"
  | "frozen page";

/** A kind of schedule: which faults it draws, how many, and with which stores. */
export interface Mode {
  /** What happens in a schedule of this mode, in one sentence. */
  readonly description: string;
  /** The largest number of faults in a schedule. */
  readonly maxFaults: number;
  /**
   * The types of store that a schedule draws from.
   * @default ["none"]
   */
  readonly stores?: readonly StoreSettings["type"][];
  /** Whether each schedule runs a second time with clients in plain mode, to compare the two runs (I17). */
  readonly compareWithPlain?: boolean;
  /**
   * The server's option `maxDetached`.
   * @default 100
   */
  readonly maxDetached?: number;
  /**
   * How many server processes run at most at the same time, if there are several.
   * @default 1
   */
  readonly maxNodes?: number;
  /** The faults and the weight of each: a fault of weight 3 is drawn three times as often as one of weight 1. */
  readonly faults: Readonly<Partial<Record<FaultName, number>>>;
}

/** All modes by name. */
export const modes: Readonly<Record<string, Mode>> = {
  calm: { description: "Nothing fails.", maxFaults: 0, faults: {} },
  plain: {
    description: "Nothing fails; clients with sessions and clients in plain mode send the same messages.",
    maxFaults: 0,
    compareWithPlain: true,
    faults: {},
  },
  cuts: {
    description: "Connections break, and each end learns of it at once, late or never.",
    maxFaults: 10,
    faults: { cut: 10, "slow handlers": 1, "slow dials": 1, "refused dials": 1 },
  },
  "black-holes": {
    description:
      "Connections go silent in one direction or stall; dials are refused, slow, or never answered.",
    maxFaults: 8,
    faults: {
      "black hole": 4,
      stall: 3,
      "stale uplink": 3,
      cut: 2,
      "refused dials": 1,
      "slow dials": 2,
      "unanswered dials": 1,
    },
  },
  pauses: {
    description:
      "A machine pauses for longer than any timeout and goes on; clocks jump, the page hides or freezes.",
    maxFaults: 8,
    faults: {
      "client pause": 3,
      "server pause": 3,
      cut: 3,
      "clock jump": 1,
      offline: 1,
      "hidden page": 1,
      "frozen page": 1,
    },
  },
  restarts: {
    description: "The server crashes and starts again without a store.",
    maxFaults: 6,
    faults: { crash: 3, cut: 3, "slow handlers": 1, stall: 1 },
  },
  "memory-store": {
    description:
      "The server crashes or is replaced; the next process finds the sessions in a store on another machine.",
    maxFaults: 6,
    stores: ["memory"],
    faults: {
      crash: 4,
      "replaced server": 3,
      cut: 3,
      "slow handlers": 2,
      stall: 1,
      "server burst": 1,
      "clock jump": 1,
    },
  },
  nodes: {
    description:
      "Several server processes share a store; clients move between them or are revoked, a process dies, or does not reach the store.",
    maxFaults: 8,
    stores: ["memory"],
    maxNodes: 3,
    faults: {
      cut: 6,
      crash: 2,
      "node without store": 3,
      "revoked principal": 1,
      "slow handlers": 2,
      stall: 1,
      "black hole": 1,
    },
  },
  "file-store": {
    description: "The server crashes while it writes, or its machine loses power; only its files remain.",
    maxFaults: 6,
    stores: ["files"],
    faults: { crash: 4, "power loss": 1, cut: 2, "slow handlers": 2, stall: 1, "clock jump": 1 },
  },
  "store-failures": {
    description: "Calls of the store fail, some of them after the store has changed; the server crashes.",
    maxFaults: 8,
    stores: ["memory", "files"],
    faults: { "failing store": 4, crash: 2, cut: 2, "slow handlers": 1, "power loss": 1 },
  },
  overload: {
    description:
      "More messages are sent than buffers hold, while handlers are slow or hang and connections break.",
    maxFaults: 6,
    maxDetached: 1,
    faults: {
      "client burst": 3,
      "server burst": 3,
      "hanging handlers": 2,
      "slow handlers": 2,
      cut: 3,
      stall: 1,
    },
  },
  attacks: {
    description:
      "An attacker replays and forges `hello` frames; the server may crash and look sessions up in its store.",
    maxFaults: 12,
    stores: ["none", "memory", "memory"],
    faults: {
      "replayed hello": 4,
      "forged hello": 4,
      "forged positions": 2,
      "forged token": 2,
      cut: 3,
      stall: 1,
      "black hole": 1,
      crash: 3,
    },
  },
  storm: {
    description: "Almost every fault, many per schedule.",
    maxFaults: 16,
    faults: {
      cut: 8,
      "black hole": 2,
      stall: 2,
      "stale uplink": 1,
      "refused dials": 1,
      "slow dials": 1,
      "unanswered dials": 1,
      crash: 1,
      "client pause": 1,
      "server pause": 1,
      "replayed hello": 2,
      "forged hello": 1,
      "forged positions": 1,
      "forged token": 1,
      "slow handlers": 1,
      "hanging handlers": 1,
      "client burst": 1,
      "server burst": 1,
      "clock jump": 1,
      offline: 1,
      "hidden page": 1,
      "frozen page": 1,
    },
  },
};
