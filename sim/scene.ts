import type { Agenda, Half } from "./agenda.ts";
import type { Chance } from "./chance.ts";
import type { Depot } from "./depot.ts";
import type { Network } from "./network.ts";
import type { Page } from "./page.ts";
import type { ServerProcess } from "./server.ts";
import type { Settings } from "./settings.ts";
import type { Stage } from "./stage.ts";
import type { Kind, Trace } from "./trace.ts";

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
