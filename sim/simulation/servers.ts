import type { ServerProcess } from "../app/server-process.ts";
import type { ServerSet } from "../faults/world.ts";
import type { SeededRandom } from "../virtual/seeded-random.ts";
import { ServerProcesses, type ServerProcessesOptions } from "./server-processes.ts";

/** The servers of a world: one, or several nodes that share a store. */
export class Servers implements ServerSet {
  readonly all: readonly ServerProcesses[];

  constructor(options: Omit<ServerProcessesOptions, "nextId">) {
    let count = 0;
    const nextId = (): number => (count += 1);
    const { nodes } = options.settings;
    this.all = Array.from({ length: nodes }, () => new ServerProcesses({ ...options, nextId }));
  }

  get living(): readonly ServerProcess[] {
    return this.all.flatMap(({ current }) => current ?? []);
  }

  of(client: number): ServerProcess | undefined {
    const { living } = this;
    return living.find((process) => process.hasSessionOf(client)) ?? living[0];
  }

  pick(random: SeededRandom): ServerProcesses {
    const [first] = this.all;
    return this.all.length === 1 && first !== undefined ? first : random.pick(this.all);
  }

  /** Starts each server that does not run. */
  start(): void {
    for (const server of this.all) server.start();
  }

  /** Ends the replaced processes, and the faults of each server. */
  stopFaults(): void {
    for (const server of this.all) {
      server.endPrevious?.();
      server.endCutOff();
      server.start();
    }
  }
}
