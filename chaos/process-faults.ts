import { setTimeout } from "node:timers/promises";
import type { ServerProcess } from "../e2e/server-process.ts";
import type { SeededRandom } from "../sim/virtual/seeded-random.ts";

/** What a server process goes through. */
export interface TroubleOptions {
  readonly chance: SeededRandom;
  /** Whether it is killed, paused, or now this and now that. */
  readonly kinds: readonly Trouble[];
  /** Told that the server is there again. */
  readonly back: (after: Trouble) => void;
  /** A new life of the server begins. */
  readonly born: () => void;
}

/** `kill`: it dies by SIGKILL and is started again. `pause`: it stands still for 1 to 10 s. */
export type Trouble = "kill" | "pause";

/** Troubles a server process every few seconds, until `signal` aborts; then it runs. */
export async function trouble(
  server: ServerProcess,
  signal: AbortSignal,
  { chance, kinds, back, born }: TroubleOptions,
): Promise<void> {
  for (;;) {
    await setTimeout(chance.between(5_000, 15_000), undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const kind = chance.pick(kinds);
    if (kind === "pause") {
      server.signal("SIGSTOP");
      await setTimeout(chance.between(1_000, 10_000));
      server.signal("SIGCONT");
    } else {
      await server.kill();
      born();
      if (!(await server.start())) throw new Error("somebody took the port of the server that was killed");
    }
    back(kind);
  }
}
