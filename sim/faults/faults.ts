import type { FaultName } from "../modes/modes.ts";
import { forgeHello, forgePositions, forgeToken, replayHello } from "./attacks.ts";
import {
  crash,
  cutOffStore,
  failStore,
  jumpClock,
  losePower,
  pause,
  replaceServer,
  slowHandlers,
} from "./machine-faults.ts";
import { blackHole, changeDials, cut, goOffline, stall, staleUplink } from "./wire-faults.ts";
import type { World } from "./world.ts";

/**
 * Injects a fault and schedules its end, if the fault does not last until the product notices it.
 * @returns a description; undefined if the world has nothing that this fault could break.
 */
export type Fault = (world: World) => string | undefined;

/** All faults by name. */
export const faults: Readonly<Record<FaultName, Fault>> = {
  cut,
  "black hole": blackHole,
  stall,
  "stale uplink": staleUplink,
  "refused dials": (world) => changeDials(world, "refused"),
  "slow dials": (world) => changeDials(world, "accepted", world.random.between(1_000, 20_000)),
  "unanswered dials": (world) => changeDials(world, "never answered"),
  crash: (world) => crash(world),
  "power loss": losePower,
  "failing store": failStore,
  "replaced server": replaceServer,
  "node without store": cutOffStore,
  "revoked principal": revoke,
  "client pause": (world) => pause(world, "client"),
  "server pause": (world) => pause(world, "server"),
  "replayed hello": replayHello,
  "forged hello": forgeHello,
  "forged positions": forgePositions,
  "forged token": forgeToken,
  "slow handlers": (world) => slowHandlers(world, 0.7, 500),
  "hanging handlers": (world) => slowHandlers(world, 0.3, 15_000),
  "client burst": clientBurst,
  "server burst": (world) => (world.random.chance(0.05) ? roomBurst(world) : serverBurst(world)),
  "clock jump": jumpClock,
  offline: goOffline,
  "hidden page": hidePage,
  "frozen page": freezePage,
};

/** A client sends many events at once. */
function clientBurst({ random, clients }: World): string {
  const count = random.chance(0.1) ? 400 : random.integer(10, 120);
  const client = random.pick(clients);
  for (let sent = 0; sent < count; sent += 1) client.send("event");
  return `client ${client.id} sends ${count} events at once`;
}

/** The server sends many events at once. */
function serverBurst({ random, clients, servers }: World): string {
  const count = random.integer(10, 150);
  const { id } = random.pick(clients);
  for (let sent = 0; sent < count; sent += 1) servers.of(id)?.send("event", id);
  return `the server sends ${count} events at once to client ${id}`;
}

/** The application revokes the principal of a client at a process; the client begins a new session. */
function revoke({ random, clients, servers }: World): string | undefined {
  const { current } = servers.pick(random);
  const { id } = random.pick(clients);
  current?.revoke(id);
  return current && `process ${current.id} revokes the principal of client ${id}`;
}

/** The server sends more in the room than the room keeps, while all clients are disconnected. */
function roomBurst({ network, servers, random }: World): string | undefined {
  const { current } = servers.pick(random);
  if (!current) return undefined;
  for (const { up, down } of network.openWires) {
    up.break(0, 0);
    down.break(0, 0);
  }
  for (let sent = 0; sent < 1_100; sent += 1) current.send("room", 0);
  return "every wire breaks, and the server sends 1,100 messages at once in the room";
}

/** The page is in a hidden tab, for some time. */
function hidePage({ page, random, scheduler }: World): string {
  const ms = random.between(200, 20_000);
  page.setVisible(false);
  scheduler.schedule("client", ms, () => page.setVisible(true));
  return `the page is hidden for ${ms.toFixed()} ms`;
}

/** The page is in the back/forward cache, for some time. */
function freezePage({ page, random, scheduler }: World): string {
  const ms = random.between(200, 30_000);
  page.freeze();
  scheduler.schedule("client", ms, () => page.thaw());
  return `the page is frozen for ${ms.toFixed()} ms`;
}
