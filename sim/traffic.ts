import type { Chance } from "./chance.ts";
import type { Kind } from "./trace.ts";
import type { Scene } from "./scene.ts";

const fromClients: readonly Kind[] = ["event", "event", "event", "event", "ask", "ask", "stream", "upload"];
const fromServer: readonly Kind[] = ["event", "event", "event", "event", "ask", "ask", "stream", "room"];

/** Plots what is said in a world, by whom and when; some of it in bursts. */
export function plot(world: Scene, chance: Chance): void {
  const { agenda, settings, clients } = world;
  const { duration, said } = settings;
  // Each half says so much.
  for (let count = 0; count < 2 * said;) {
    const at = chance.between(0, duration);
    const burst = chance.happens(0.3) ? chance.whole(2, 6) : 1;
    count += burst;
    const client = chance.oneOf(clients);
    const mine = chance.happens(0.5);
    const kinds = Array.from({ length: burst }, () => chance.oneOf(mine ? fromClients : fromServer));
    agenda.plan(mine ? "client" : "server", at, () => {
      for (const kind of kinds) {
        if (mine) client.say(kind);
        else world.server?.say(kind, client.id);
      }
    });
  }
}
