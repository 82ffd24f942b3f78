import type { SessionOptions } from "@symbolon/server";
import type { Chance } from "./chance.ts";

/** The number of a user who has no client. */
export const stranger = 99;

/** Where sessions survive a process of the server. */
export interface StoreSettings {
  /** Nowhere, in a store of another machine, or in files of this one. */
  readonly is: "none" | "memory" | "files";
  /** How long a call, or a write, may take, in ms. */
  readonly late: number;
  /** What files outlive. */
  readonly sync: "os" | "disk";
}

/** How one world is set up: short times, small buffers, so that a minute sees what a day does. */
export interface Settings {
  readonly clients: number;
  readonly heartbeat: { readonly interval: number; readonly timeout: number };
  /** How often the server looks at its clock, in ms. */
  readonly sweep: number;
  /** Whether the client's sockets can be terminated, as in Node. */
  readonly terminable: boolean;
  /** How long the application talks, in ms. */
  readonly duration: number;
  /** How many things are said by the clients, and by the server. */
  readonly said: number;
  readonly store: StoreSettings;
  /** Options of the server's sessions. */
  readonly app: {
    readonly sessions: Required<Pick<SessionOptions, "grace" | "messages" | "maxDetached">>;
  };
  /** Options of the client. */
  readonly client: { readonly outbox: { readonly messages: number; readonly full: "wait" | "reject" } };
}

/** Draws the settings of a world, with one of these stores; at most `maxDetached` sessions may be detached. */
export function drawSettings(
  chance: Chance,
  stores: readonly StoreSettings["is"][],
  maxDetached: number,
): Settings {
  return {
    clients: chance.happens(0.3) ? 2 : 1,
    heartbeat: { interval: chance.oneOf([1_000, 2_000, 4_000]), timeout: chance.oneOf([500, 1_000, 2_000]) },
    sweep: chance.oneOf([100, 200, 400]),
    terminable: chance.happens(0.5),
    duration: chance.oneOf([10_000, 20_000, 40_000]),
    said: chance.whole(12, 30),
    app: {
      sessions: { grace: chance.oneOf([20_000, 60_000]), messages: chance.oneOf([20, 100]), maxDetached },
    },
    client: {
      outbox: { messages: chance.oneOf([20, 100, 1_000]), full: chance.happens(0.5) ? "wait" : "reject" },
    },
    store: {
      is: chance.oneOf(stores),
      late: chance.oneOf([0, 5, 100]),
      sync: chance.oneOf(["os", "disk"]),
    },
  };
}
