import type { Agenda, Half } from "../virtual/scheduler.ts";
import type { Chance } from "../virtual/seeded-random.ts";
import type { Depot } from "../store/store-host.ts";
import type { Network } from "../network/network.ts";
import type { Page } from "../virtual/page.ts";
import type { ServerProcess } from "../app/server-process.ts";
import type { Settings } from "../modes/settings.ts";
import type { Stage } from "../app/application.ts";
import type { Kind, Trace } from "../trace/trace.ts";

/** A client's application. */
export interface Talker {
  readonly id: number;
  /** Whether it can say something that the server hears at once. */
  readonly open: boolean;
  say(kind: Kind): void;
  close(): void;
}

/** A world, as those see it who say something or do something bad in it. */
export interface Scene {
  readonly agenda: Agenda;
  /** Chance of the faults. */
  readonly chance: Chance;
  readonly trace: Trace;
  readonly page: Page;
  /** How far the wall clock of each machine is off, in ms. */
  readonly skew: Record<Half, number>;
  readonly settings: Settings;
  readonly network: Network;
  readonly stage: Stage;
  readonly clients: readonly Talker[];
  readonly depot: Depot;
  /** The server's process; undefined while there is none. */
  readonly server: ServerProcess | undefined;
  /**
   * Another process takes the place of the server's: a new one, or `again` the one before, if it is still there. The one
   * that is replaced goes on, for those who are connected to it, until `endElder`.
   */
  replace(notice: () => number | undefined, again: boolean): void;
  /** Ends the process before, if there still is one. */
  readonly endElder: (() => void) | undefined;
  /** Starts the server's process, if there is none. */
  boot(): void;
  /** Ends it at once, with all that it knew; `notice` says when each client learns of it, in ms. */
  crash(notice: () => number | undefined): void;
}
