import type { Clock } from "./clock.ts";
import type { Store } from "./store.ts";

/** Ends the sessions that a store has from before, when their clients do not come back in time: `grace` ms since they left. Never rejects. */
export async function expireStored({ sessions }: Store, clock: Clock, grace: number): Promise<void> {
  try {
    const now = Date.now();
    for (const { claim, since = now } of await sessions.list()) {
      await sessions.park(claim, since);
      // A client that came back has another claim: this one removes nothing then.
      clock.after(Math.max(0, since + grace - now), () => {
        void Promise.resolve(sessions.remove(claim)).catch(complain);
      });
    }
  } catch (error) {
    complain(error);
  }
}

function complain(error: unknown): void {
  console.error("symbolon: the store cannot end its sessions", error);
}
