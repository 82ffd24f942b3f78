import { setTimeout } from "node:timers/promises";
import type { ServerProcess } from "../e2e/server-process.ts";
import type { SeededRandom } from "../sim/virtual/seeded-random.ts";
import type { Interruptions } from "./interruptions.ts";

/** The faults of a server process. */
export interface ProcessFaultOptions {
  readonly random: SeededRandom;
  /** The faults to draw from. */
  readonly faults: readonly ProcessFault[];
  /** Called when the server runs again after a fault. */
  readonly onReturn: (fault: ProcessFault) => void;
  /** Gets when each process of the server was killed. */
  readonly interruptions: Interruptions;
}

/** `kill`: SIGKILL ends the server, and it is started again. `pause`: the server is stopped for 1 to 10 s. */
export type ProcessFault = "kill" | "pause";

/** Kills or pauses a server every few seconds until `signal` aborts; the server runs when it resolves. */
export async function disturbServer(
  server: ServerProcess,
  signal: AbortSignal,
  { random, faults, onReturn, interruptions }: ProcessFaultOptions,
): Promise<void> {
  for (;;) {
    await setTimeout(random.between(5_000, 15_000), undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const fault = random.pick(faults);
    if (fault === "pause") {
      server.signal("SIGSTOP");
      await setTimeout(random.between(1_000, 10_000));
      server.signal("SIGCONT");
    } else {
      await interruptions.kill(server);
      if (!(await server.start())) throw new Error("another process uses the port of the killed server");
    }
    onReturn(fault);
  }
}
