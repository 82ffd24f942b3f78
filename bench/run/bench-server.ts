import type { Measures } from "../servers/control.ts";

/** A server in a process of its own, as the works drive it. */
export interface BenchServer {
  /** The port that it listens on. */
  readonly port: number;
  /** Runs a command of the server. @throws as a rejection: when the command fails. */
  command(name: string, argument?: number): Promise<unknown>;
  /** The CPU time and memory of the process. */
  measure(): Promise<Measures>;
  /** The same after a garbage collection, where the server can be asked for one. */
  collect(): Promise<Measures>;
  /** Ends the process. */
  stop(): Promise<void>;
}
