import type { WorldSettings } from "../modes/settings.ts";
import type { MessageKind } from "../trace/trace.ts";
import type { Scheduler } from "../virtual/scheduler.ts";
import type { SeededRandom } from "../virtual/seeded-random.ts";
import type { AppClient } from "./client-app.ts";
import type { ServerProcess } from "./server-process.ts";

/** The parts of a world that send messages. */
export interface Senders {
  /** Sends at the drawn times. */
  readonly scheduler: Scheduler;
  /** How many messages, and for how long. */
  readonly settings: WorldSettings;
  /** The clients. */
  readonly clients: readonly AppClient[];
  /** The servers; `of` returns the process that has the session of a client. */
  readonly servers: { of(client: number): ServerProcess | undefined };
}

/** The kinds of messages; a kind that stands here twice is drawn twice as often. */
const clientKinds: readonly MessageKind[] = [
  "event",
  "event",
  "event",
  "event",
  "request",
  "request",
  "stream",
  "upload",
];
const serverKinds: readonly MessageKind[] = [
  "event",
  "event",
  "event",
  "event",
  "request",
  "request",
  "stream",
  "room",
];

/** The kinds of messages that plain mode has. */
const plainKinds = new Set<MessageKind>(["event", "request", "room"]);
/** In a plain run messages are sent only from this time on, in ms, when all clients have connected. */
const plainStart = 2_000;

/**
 * Draws all messages of a world and schedules them, some in bursts. With `plainOnly` it draws only what plain mode can
 * do as well, so that two runs can be compared.
 */
export function scheduleWorkload(world: Senders, random: SeededRandom, plainOnly = false): void {
  const { scheduler, settings, clients } = world;
  const { duration, messages } = settings;
  for (let count = 0; count < 2 * messages;) {
    const at = random.between(plainOnly ? plainStart : 0, duration);
    const burst = random.chance(0.3) ? random.integer(2, 6) : 1;
    count += burst;
    const client = random.pick(clients);
    const byClient = random.chance(0.5);
    const drawn = Array.from({ length: burst }, () => random.pick(byClient ? clientKinds : serverKinds));
    const kinds = drawn.map((kind) => (plainOnly && !plainKinds.has(kind) ? "event" : kind));
    scheduler.schedule(byClient ? "client" : "server", at, () => {
      for (const kind of kinds) {
        if (byClient) client.send(kind);
        else world.servers.of(client.id)?.send(kind, client.id);
      }
    });
  }
}
