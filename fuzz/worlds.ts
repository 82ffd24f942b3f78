import { conversations } from "./memory/conversations.ts";
import { floods } from "./memory/floods.ts";
import { MemoryWorld } from "./memory/memory-world.ts";
import { attacks } from "./server/attacks.ts";
import { ServerWorld } from "./server/server-world.ts";
import type { Scenario, World, WorldOptions } from "./scenario.ts";
import { tcpAttacks } from "./tcp/tcp-attacks.ts";
import { TcpWorld } from "./tcp/tcp-world.ts";

/** A kind of world: what its cases share, and how often it is drawn. */
export interface WorldKind {
  readonly weight: number;
  readonly scenarios: readonly Scenario[];
  readonly create: (options: WorldOptions) => Promise<World>;
}

/** All kinds of worlds. */
export const worlds: Readonly<Record<string, WorldKind>> = {
  memory: kind(90, [...conversations, ...floods], (options) => new MemoryWorld(options)),
  server: kind(25, attacks, (options) => new ServerWorld(options)),
  tcp: kind(5, tcpAttacks, (options) => TcpWorld.open(options)),
};

function kind<W extends World>(
  weight: number,
  scenarios: readonly Scenario<W>[],
  create: (options: WorldOptions) => W | Promise<W>,
): WorldKind {
  return { weight, scenarios: scenarios as readonly Scenario[], create: async (options) => create(options) };
}
