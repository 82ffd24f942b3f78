import type { ServerProcess } from "../e2e/server-process.ts";

/** When server processes were killed, or stopped for so long that others took their sessions. */
export class Interruptions {
  readonly #times = new Map<number, number[]>();

  /** Kills a server by SIGKILL. */
  async kill(server: ServerProcess): Promise<void> {
    const killed = server.kill();
    this.#add(server); // the signal is sent: it handles nothing later
    await killed;
  }

  /** Stops a server by SIGSTOP, until it gets SIGCONT. */
  stop(server: ServerProcess): void {
    server.signal("SIGSTOP");
    this.#add(server);
  }

  /** When the process was killed or stopped first since `start`, in ms since 1970; undefined if it was not. */
  timeOf(pid: number, start: number): number | undefined {
    return this.#times.get(pid)?.find((time) => time >= start);
  }

  #add({ pid }: ServerProcess): void {
    this.#times.set(pid, [...(this.#times.get(pid) ?? []), Date.now()]);
  }
}
