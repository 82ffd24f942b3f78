import type { ServerProcess } from "../e2e/server-process.ts";

/** When server processes were killed. */
export class Kills {
  readonly #times = new Map<number, number>();

  /** Kills a server by SIGKILL. */
  async kill(server: ServerProcess): Promise<void> {
    this.#times.set(server.pid, Date.now());
    await server.kill();
  }

  /** When the process was killed, in ms since 1970; undefined if it was not. */
  timeOf(pid: number): number | undefined {
    return this.#times.get(pid);
  }
}
