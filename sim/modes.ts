import type { StoreSettings } from "./settings.ts";

/** Every kind of fault. */
export type FaultName =
  | "cut"
  | "hole"
  | "lag"
  | "ghost"
  | "refuse"
  | "slow dial"
  | "deaf dial"
  | "crash"
  | "power"
  | "sick store"
  | "replace"
  | "pause client"
  | "pause server"
  | "replay"
  | "forge"
  | "slow handlers"
  | "starve"
  | "flood client"
  | "flood server"
  | "jump"
  | "offline"
  | "hide"
  | "freeze";

/** How often a mode's faults strike, in all and of each kind; only the ratio of the kinds counts. */
export interface Mode {
  /** Its one sentence. */
  readonly says: string;
  /** At most so many faults in a schedule. */
  readonly faults: number;
  /** What stores its worlds have, one of these. Default: none. */
  readonly stores?: readonly StoreSettings["is"][];
  /** Each of its worlds has a twin in which clients speak by hand. */
  readonly twins?: boolean;
  /** The most sessions that may be detached at a time. Default: 100. */
  readonly maxDetached?: number;
  readonly mix: Readonly<Partial<Record<FaultName, number>>>;
}

/** The mixes of faults under which the product is tried. */
export const modes: Readonly<Record<string, Mode>> = {
  calm: { says: "Nothing goes wrong.", faults: 0, mix: {} },
  plain: {
    says: "Nothing goes wrong, and the same is said by clients with sessions and by clients that speak by hand.",
    faults: 0,
    twins: true,
    mix: {},
  },
  cuts: {
    says: "Connections break, and either half learns of it late or never.",
    faults: 10,
    mix: { cut: 10, "slow handlers": 1, "slow dial": 1, refuse: 1 },
  },
  holes: {
    says: "Connections go silent in one direction or stall; dials are refused, slow, or never answered.",
    faults: 8,
    mix: { hole: 4, lag: 3, ghost: 3, cut: 2, refuse: 1, "slow dial": 2, "deaf dial": 1 },
  },
  zombies: {
    says: "Either machine stands still for longer than anybody waits, and comes back; clocks jump, pages hide.",
    faults: 8,
    mix: { "pause client": 3, "pause server": 3, cut: 3, jump: 1, offline: 1, hide: 1, freeze: 1 },
  },
  restarts: {
    says: "The server crashes and begins again without memory.",
    faults: 6,
    mix: { crash: 3, cut: 3, "slow handlers": 1, lag: 1 },
  },
  stored: {
    says: "The server crashes, and what begins again finds its sessions in a store of another machine, which may be late.",
    faults: 6,
    stores: ["memory"],
    mix: { crash: 4, replace: 3, cut: 3, "slow handlers": 2, lag: 1, "flood server": 1, jump: 1 },
  },
  filed: {
    says: "The server crashes while it writes, or its machine loses power; its files are all that is left.",
    faults: 6,
    stores: ["files"],
    mix: { crash: 4, power: 1, cut: 2, "slow handlers": 2, lag: 1, jump: 1 },
  },
  doubts: {
    says: "The store fails, and nobody knows whether it did what it was asked; the server crashes.",
    faults: 8,
    stores: ["memory", "files"],
    mix: { "sick store": 4, crash: 2, cut: 2, "slow handlers": 1, power: 1 },
  },
  floods: {
    says: "More is said than buffers hold, while handlers are slow or hang and connections break.",
    faults: 6,
    maxDetached: 1,
    mix: { "flood client": 3, "flood server": 3, starve: 2, "slow handlers": 2, cut: 3, lag: 1 },
  },
  attacks: {
    says: "Old greetings are said again by somebody else, and greetings are forged; the server may crash, and ask its store who is who.",
    faults: 12,
    stores: ["none", "memory", "memory"],
    mix: { replay: 4, forge: 4, cut: 3, lag: 1, hole: 1, crash: 3 },
  },
  storm: {
    says: "Everything at once.",
    faults: 16,
    mix: {
      cut: 8,
      hole: 2,
      lag: 2,
      ghost: 1,
      refuse: 1,
      "slow dial": 1,
      "deaf dial": 1,
      crash: 1,
      "pause client": 1,
      "pause server": 1,
      replay: 2,
      forge: 1,
      "slow handlers": 1,
      starve: 1,
      "flood client": 1,
      "flood server": 1,
      jump: 1,
      offline: 1,
      hide: 1,
      freeze: 1,
    },
  },
};
