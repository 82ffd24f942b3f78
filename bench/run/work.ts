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
  /** Drives a new process of the program, and measures it. */
  readonly measure: (server: BenchServer, scale: Scale) => Promise<Sample>;
}

/** Something that several servers do, to be compared. */
export interface Work {
  /** Its name in the tables. */
  readonly name: string;
  /** What its figures are. */
  readonly unit: string;
  /** Who does it. The first is what the others are compared with. */
  readonly subjects: readonly Subject[];
  /** Whether a quick run leaves it out. @default false */
  readonly long?: boolean;
  /** Whether one round is enough: its subjects differ by factors. @default false */
  readonly isMeasuredOnce?: boolean;
}
