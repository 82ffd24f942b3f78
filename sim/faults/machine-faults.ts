/** Faults of processes, machines, handlers and clocks. Each returns a description; undefined if there is nothing to break. */
import { usualDelay } from "../app/application.ts";
import type { Machine } from "../virtual/scheduler.ts";
import { drawNotice } from "./wire-faults.ts";
import type { ServerControl, World } from "./world.ts";

/** Ends the server's process; another one starts after some time. */
export function crash(world: World, description = "the server crashes"): string | undefined {
  const server = world.servers.pick(world.random);
  if (!server.current) return undefined;
  const ms = world.random.chance(0.5) ? 0 : world.random.between(0, 8_000);
  server.crash(() => drawNotice(world)?.delay);
  world.scheduler.schedule(undefined, ms, () => server.start());
  return `${description}, and starts again after ${ms.toFixed()} ms`;
}

/** Crashes the server with its machine; the store loses what was not synced. */
export function losePower(world: World): string | undefined {
  const description = crash(world, "the server's machine loses power");
  if (description !== undefined) world.storeHost.losePower();
  return description;
}

/** Makes calls of the store fail, for some time. */
export function failStore({ storeHost, random, scheduler }: World): string {
  const ms = random.between(500, 8_000);
  storeHost.faults.failureRate = random.pick([0.1, 0.5]);
  scheduler.schedule(undefined, ms, () => (storeHost.faults.failureRate = 0));
  return `some calls of the store fail, for ${ms.toFixed()} ms`;
}

/**
 * A process does not reach its store, for some time. It may be longer than its leases hold, and shorter than that and the
 * shortest grace time: no session ends.
 */
export function cutOffStore({ servers, random, storeHost }: World): string | undefined {
  const server = servers.pick(random);
  if (!server.current || storeHost.settings.type !== "memory") return undefined;
  const ms = random.chance(0.5) ? random.between(200, 5_000) : random.between(5_000, 30_000);
  server.cutOff(ms);
  return `process ${server.current.id} does not reach the store for ${ms.toFixed()} ms`;
}

/** Replaces the server's process, if both can reach the same store. */
export function replaceServer(world: World): string | undefined {
  const server = world.servers.pick(world.random);
  if (!server.current || world.storeHost.settings.type !== "memory") return undefined;
  return replace(world, server, false);
}

/** Replaces the server's process; after some time the replaced process ends, or it replaces its successor. */
function replace(world: World, server: ServerControl, byPrevious: boolean): string {
  const { random, scheduler, network } = world;
  const ms = random.chance(0.5) ? random.between(100, 1_500) : random.between(100, 8_000);
  server.replace(() => drawNotice(world)?.delay, byPrevious);
  const end = server.endPrevious;
  const returns = !byPrevious && random.chance(0.7);
  scheduler.schedule(undefined, ms, () => {
    if (server.endPrevious !== end) return;
    if (returns)
      world.trace.add({ type: "fault", fault: "replaced server", description: replace(world, server, true) });
    else end?.();
  });
  for (const wire of network.openWires)
    if (random.chance(0.7)) {
      // The client disconnects from the replaced process, which may get no notice.
      wire.up.break(random.integer(0, 3), random.chance(0.5) ? undefined : ms / 2);
      wire.down.break(random.integer(0, 3), 0);
    }
  const successor = byPrevious ? "the previous process" : "another process";
  return `${successor} replaces the server's process, which goes on for ${ms.toFixed()} ms`;
}

/** Pauses a machine. */
export function pause({ scheduler, random }: World, machine: Machine): string {
  const ms = random.chance(0.5) ? random.between(200, 5_000) : random.between(5_000, 90_000);
  scheduler.pause(machine, ms);
  return `the ${machine} pauses for ${ms.toFixed()} ms`;
}

/** Makes the handlers of a machine take up to twice `ms` with some probability, for some time. */
export function slowHandlers(
  { application, scheduler, random }: World,
  probability: number,
  ms: number,
): string {
  const machine = random.pick(["client", "server"] as const);
  const duration = random.between(1_000, 10_000);
  Object.assign(application.handlerDelay[machine], { probability, ms });
  scheduler.schedule(undefined, duration, () => Object.assign(application.handlerDelay[machine], usualDelay));
  return `handlers of the ${machine} take up to ${2 * ms} ms, for ${duration.toFixed()} ms`;
}

/** Moves the wall clock of a machine. */
export function jumpClock({ random, clockSkew, trace }: World): string {
  const machine = random.pick(["client", "server"] as const);
  const ms = random.between(-60_000, 60_000);
  clockSkew[machine] += ms;
  trace.add({ type: "clockJump", machine, ms });
  return `the wall clock of the ${machine} jumps by ${ms.toFixed()} ms`;
}
