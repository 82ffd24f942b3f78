/** Faults of wires and dials. Each returns a description; undefined if there is nothing to break. */
import type { DialBehavior } from "../network/network.ts";
import type { VirtualWire } from "../network/virtual-wire.ts";
import type { World } from "./world.ts";

/** Breaks a wire in both directions; some packets still arrive. */
export function cut(world: World): string | undefined {
  const wire = pickWire(world);
  if (!wire) return undefined;
  const { random } = world;
  const [up, down] = [drawNotice(world), drawNotice(world)];
  const lost =
    wire.up.break(random.integer(0, 3), up?.delay) + wire.down.break(random.integer(0, 3), down?.delay);
  return `wire ${wire.id}: ${lost} packets lost, the server learns of it ${describe(up)}, the client ${describe(down)}`;
}

/** Blocks one direction of a wire, or both, for good; neither end gets a notice. */
export function blackHole(world: World): string | undefined {
  const wire = pickWire(world);
  if (!wire) return undefined;
  const direction = world.random.pick(["up", "down", "both ways"]);
  if (direction !== "down") wire.up.block("black hole");
  if (direction !== "up") wire.down.block("black hole");
  return `wire ${wire.id}: nothing arrives any more, ${direction}`;
}

/** Blocks one direction of a wire for some time. */
export function stall(world: World): string | undefined {
  const wire = pickWire(world);
  if (!wire) return undefined;
  const direction = world.random.pick(["up", "down"] as const);
  const ms = world.random.between(500, 12_000);
  wire[direction].block("stall");
  world.scheduler.schedule(undefined, ms, () => wire[direction].unblock("stall"));
  return `wire ${wire.id}: ${direction} stalls for ${ms.toFixed()} ms`;
}

/** Blocks a wire to the server until its client has reconnected; then the old frames arrive on the old wire. */
export function staleUplink(world: World): string | undefined {
  const wire = pickWire(world);
  if (!wire) return undefined;
  wire.up.block("stale uplink");
  return `wire ${wire.id}: nothing arrives at the server until the client sends hello on another wire`;
}

/** Changes what happens to dials, for some time. */
export function changeDials(
  { network, scheduler, random }: World,
  answer: DialBehavior["answer"],
  delay = 0,
): string {
  const ms = random.between(500, 8_000);
  network.dials.answer = answer;
  network.dials.delay = delay;
  scheduler.schedule(undefined, ms, () => Object.assign(network.dials, { answer: "accepted", delay: 0 }));
  return `for ${ms.toFixed()} ms dials are ${delay > 0 ? `slow by ${delay.toFixed()} ms` : answer}`;
}

/** Takes the client's device off the network, for some time. */
export function goOffline({ network, page, random, scheduler }: World): string {
  const ms = random.between(200, 20_000);
  for (const wire of network.openWires) {
    wire.up.block("offline");
    wire.down.block("offline");
  }
  network.dials.answer = "refused";
  page.setOnline(false);
  scheduler.schedule("client", ms, () => {
    network.dials.answer = "accepted";
    page.setOnline(true);
  });
  return `the device is offline for ${ms.toFixed()} ms`;
}

/** Draws when an end learns that its wire broke; undefined means that it gets no notice. */
export function drawNotice({ random }: World): { readonly delay: number } | undefined {
  if (random.chance(0.25)) return undefined;
  return { delay: random.chance(0.6) ? 0 : random.between(0, 10_000) };
}

function describe(notice: { readonly delay: number } | undefined): string {
  if (notice === undefined) return "never";
  return notice.delay === 0 ? "at once" : `after ${notice.delay.toFixed()} ms`;
}

/** An open wire of a client, mostly the newest one. */
function pickWire({ network, random }: World): VirtualWire | undefined {
  const wires = network.openWires.filter(({ client }) => client !== undefined);
  return random.chance(0.8) ? wires.at(-1) : wires[0];
}
