import type { Chance } from "../virtual/seeded-random.ts";
import type { Kind } from "../trace/trace.ts";
import type { Scene } from "../faults/world.ts";

const fromClients: readonly Kind[] = ["event", "event", "event", "event", "ask", "ask", "stream", "upload"];
const fromServer: readonly Kind[] = ["event", "event", "event", "event", "ask", "ask", "stream", "room"];

/** What can be said without a session, and how long it takes until everybody is there, in ms. */
const plain = { kinds: new Set<Kind>(["event", "ask", "room"]), after: 2_000 };

/**
 * Plots what is said in a world, by whom and when; some of it in bursts. Between `twins` only what can be said without a
 * session, once everybody is there.
 */
export function plot(world: Scene, chance: Chance, twins = false): void {
  const { agenda, settings, clients } = world;
  const { duration, said } = settings;
  // Each half says so much.
  for (let count = 0; count < 2 * said;) {
    const at = chance.between(twins ? plain.after : 0, duration);
    const burst = chance.happens(0.3) ? chance.whole(2, 6) : 1;
    count += burst;
    const client = chance.oneOf(clients);
    const mine = chance.happens(0.5);
    const kinds = Array.from({ length: burst }, () => chance.oneOf(mine ? fromClients : fromServer)).map(
      (kind) => (twins && !plain.kinds.has(kind) ? "event" : kind),
    );
    agenda.plan(mine ? "client" : "server", at, () => {
      for (const kind of kinds) {
        if (mine) client.say(kind);
        else world.server?.say(kind, client.id);
      }
    });
  }
}
