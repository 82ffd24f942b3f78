import type { Application } from "../app/application.ts";
import type { AppClient } from "../app/client-app.ts";
import type { ServerProcess } from "../app/server-process.ts";
import type { Network } from "../network/network.ts";
import type { StoreHost } from "../store/store-host.ts";
import type { Trace } from "../trace/trace.ts";
import type { Page } from "../virtual/page.ts";
import type { Machine, Scheduler } from "../virtual/scheduler.ts";
import type { SeededRandom } from "../virtual/seeded-random.ts";

/** How long after a server process ends each client learns of it, in ms; undefined if the client gets no notice. */
export type NoticeDelay = () => number | undefined;

/** The processes of one server, as faults see and change them. */
export interface ServerControl {
  /** The process that receives handshakes; undefined while none runs. */
  readonly current: ServerProcess | undefined;
  /** Starts a process, if none runs. */
  start(): void;
  /** Ends the process, and the one that it has replaced, at once. */
  crash(noticeDelay: NoticeDelay): void;
  /**
   * Replaces the process: handshakes reach a new process, or with `byPrevious` the one that was replaced before, if it
   * still runs. The replaced process serves its clients until `endPrevious`.
   */
  replace(noticeDelay: NoticeDelay, byPrevious: boolean): void;
  /** The process does not reach the store for `ms`. */
  cutOff(ms: number): void;
  /** Ends the replaced process; undefined if no process was replaced. Each replacement makes a new function. */
  readonly endPrevious: (() => void) | undefined;
}

/** The servers of a world. */
export interface ServerSet {
  /** The processes that receive handshakes. */
  readonly living: readonly ServerProcess[];
  /** The process that has the session of a client; the first living one if none has it. */
  of(client: number): ServerProcess | undefined;
  /** A server that a fault strikes. */
  pick(random: SeededRandom): ServerControl;
}

/** A world, as faults see and change it. */
export interface World {
  /** Ends each fault after some time. */
  readonly scheduler: Scheduler;
  /** Draws what a fault does. */
  readonly random: SeededRandom;
  /** Records faults, and shows the frames that an attacker can replay. */
  readonly trace: Trace;
  /** The page or device of the clients. */
  readonly page: Page;
  /** How far the wall clock of each machine is off, in ms. */
  readonly clockSkew: Record<Machine, number>;
  /** The network. */
  readonly network: Network;
  /** The application under test. */
  readonly application: Application;
  /** The clients. */
  readonly clients: readonly AppClient[];
  /** The store. */
  readonly storeHost: StoreHost;
  /** The servers. */
  readonly servers: ServerSet;
}
