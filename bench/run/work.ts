import type { Sample } from "./sample.ts";
import type { BenchServer } from "./bench-server.ts";

/** How much a server runs before it is measured, and while it is: its CPU time, in ms. */
export interface Times {
  readonly warmUp: number;
  readonly measured: number;
}

/** How a work is measured. */
export interface Scale extends Times {
  /** Measures with fewer clients where that says something too. */
  readonly quick: boolean;
}

/** A server that does a work. */
export interface Subject {
  /** Its name in the tables. */
  readonly name: string;
  /** Its program in `servers/`. */
  readonly program: string;
  /** Environment variables of a program that Node runs. @default none besides those of the bench */
  readonly env?: Readonly<Record<string, string>>;
}

/** A server that is measured by itself, in a new process each time. */
export interface MeasuredSubject extends Subject {
  /** Drives the process, and measures it. */
  readonly measure: (server: BenchServer, scale: Scale) => Promise<Sample>;
}

/** A server that is measured in turns with the others. */
export interface DrivenSubject extends Subject {
  /** Connects the clients. */
  readonly drive: (server: BenchServer) => Promise<Load>;
}

/** The clients of a server. Between two turns they do nothing. */
export interface Load {
  /** Lets them work until the server has used so many ms of CPU time, and measures it meanwhile. */
  turn(ms: number): Promise<Sample>;
  /** Disconnects them. */
  stop(): Promise<void> | void;
}

/** Something that several servers do, to be compared. */
export interface Work {
  /** Its name in the tables. */
  readonly name: string;
  /** What its figures are. */
  readonly unit: string;
  /** Who does it: all of them in turns, or each by itself. The first is what the others are compared with. */
  readonly subjects: readonly (MeasuredSubject | DrivenSubject)[];
  /** How many servers run at once and take turns: a process has so many sockets. @default all */
  readonly atOnce?: number;
  /** Whether a quick run leaves it out. @default false */
  readonly long?: boolean;
  /** Whether one round is enough: its subjects differ by factors. @default false */
  readonly isMeasuredOnce?: boolean;
}
