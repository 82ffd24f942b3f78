import type { Half } from "../virtual/scheduler.ts";
import { forge, replay } from "./attacks.ts";
import type { Line } from "../network/virtual-wire.ts";
import type { FaultName } from "../modes/modes.ts";
import { calm } from "../app/application.ts";
import type { Scene } from "./world.ts";

/** Does something bad to a world, and says what; undefined when there is nothing to do it to. */
type Fault = (world: Scene) => string | undefined;

/** Every fault. Each heals by itself, or when the world becomes quiet. */
export const faults: Readonly<Record<FaultName, Fault>> = {
  cut(world) {
    const line = anyLine(world);
    if (!line) return undefined;
    const { chance } = world;
    const [up, down] = [notice(world), notice(world)];
    const lost =
      line.up.break(chance.whole(0, 3), up?.after) + line.down.break(chance.whole(0, 3), down?.after);
    return `line ${line.id}: ${lost} lost, the server learns ${words(up)}, the client ${words(down)}`;
  },
  hole(world) {
    const line = anyLine(world);
    if (!line) return undefined;
    const way = world.chance.oneOf(["up", "down", "both ways"]);
    if (way !== "down") line.up.hold("a hole");
    if (way !== "up") line.down.hold("a hole");
    return `line ${line.id}: nothing arrives any more, ${way}`;
  },
  lag(world) {
    const line = anyLine(world);
    if (!line) return undefined;
    const way = world.chance.oneOf(["up", "down"] as const);
    const ms = world.chance.between(500, 12_000);
    line[way].hold("a stall");
    world.agenda.plan(undefined, ms, () => line[way].release("a stall"));
    return `line ${line.id}: ${way} stalls for ${ms.toFixed()} ms`;
  },
  ghost(world) {
    const line = anyLine(world);
    if (!line) return undefined;
    line.up.hold("a ghost");
    return `line ${line.id}: nothing arrives at the server until its client says hello anew`;
  },
  refuse: (world) => dialing(world, "refused", 0),
  "slow dial": (world) => dialing(world, "given", world.chance.between(1_000, 20_000)),
  "deaf dial": (world) => dialing(world, "never", 0),
  crash: (world) => crash(world, "the server crashes"),
  power(world) {
    const what = crash(world, "the server's machine loses power");
    if (what !== undefined) world.depot.cutPower();
    return what;
  },
  replace(world) {
    if (!world.server || world.depot.settings.is !== "memory") return undefined;
    return replace(world, false);
  },
  "sick store"(world) {
    const ms = world.chance.between(500, 8_000);
    world.depot.sick = world.chance.oneOf([0.1, 0.5]);
    world.agenda.plan(undefined, ms, () => (world.depot.sick = 0));
    return `the store fails now and then, for ${ms.toFixed()} ms`;
  },
  "pause client": (world) => pause(world, "client"),
  "pause server": (world) => pause(world, "server"),
  replay,
  forge,
  "slow handlers": (world) => moody(world, 0.7, 500),
  starve: (world) => moody(world, 0.3, 15_000),
  "flood client"(world) {
    const many = world.chance.happens(0.1) ? 400 : world.chance.whole(10, 120);
    const client = world.chance.oneOf(world.clients);
    for (let count = 0; count < many; count += 1) client.say("event");
    return `client ${client.id} says ${many} things at once`;
  },
  "flood server"(world) {
    if (world.chance.happens(0.05)) return floodRoom(world);
    const many = world.chance.whole(10, 150);
    const { id } = world.chance.oneOf(world.clients);
    for (let count = 0; count < many; count += 1) world.server?.say("event", id);
    return `the server says ${many} things at once to client ${id}`;
  },
  jump(world) {
    const half = world.chance.oneOf(["client", "server"] as const);
    const ms = world.chance.between(-60_000, 60_000);
    world.skew[half] += ms;
    world.trace.add({ is: "jump", half, ms });
    return `the clock of the ${half} jumps by ${ms.toFixed()} ms`;
  },
  offline(world) {
    const ms = world.chance.between(200, 20_000);
    for (const line of world.network.open) {
      line.up.hold("no network");
      line.down.hold("no network");
    }
    world.network.dialing.answer = "refused";
    world.page.setOnline(false);
    world.agenda.plan("client", ms, () => {
      world.network.dialing.answer = "given";
      world.page.setOnline(true);
    });
    return `the device is offline for ${ms.toFixed()} ms`;
  },
  hide(world) {
    const ms = world.chance.between(200, 20_000);
    world.page.setVisible(false);
    world.agenda.plan("client", ms, () => world.page.setVisible(true));
    return `nobody looks for ${ms.toFixed()} ms`;
  },
  freeze(world) {
    const ms = world.chance.between(200, 30_000);
    world.page.freeze();
    world.agenda.plan("client", ms, () => world.page.thaw());
    return `the page is left for ${ms.toFixed()} ms`;
  },
};

function crash(world: Scene, what: string): string | undefined {
  if (!world.server) return undefined;
  const ms = world.chance.happens(0.5) ? 0 : world.chance.between(0, 8_000);
  world.crash(() => notice(world)?.after);
  world.agenda.plan(undefined, ms, () => world.boot());
  return `${what}, and is back in ${ms.toFixed()} ms`;
}

/** More is said in the room than its log keeps, while nobody is there. */
function floodRoom({ network, server }: Scene): string | undefined {
  if (!server) return undefined;
  for (const { up, down } of network.open) {
    up.break(0, 0);
    down.break(0, 0);
  }
  for (let count = 0; count < 1_100; count += 1) server.say("room", 0);
  return "every line breaks, and the server says 1,100 things at once in the room";
}

/** A process takes the server's place, and may lose it again to the one before. */
function replace(world: Scene, again: boolean): string {
  const { chance, agenda, network } = world;
  const ms = chance.happens(0.5) ? chance.between(100, 1_500) : chance.between(100, 8_000);
  world.replace(() => notice(world)?.after, again);
  const end = world.endElder;
  const back = !again && chance.happens(0.7);
  agenda.plan(undefined, ms, () => {
    if (world.endElder !== end) return;
    if (back) world.trace.add({ is: "fault", fault: "replace", what: replace(world, true) });
    else end?.();
  });
  for (const line of network.open)
    if (chance.happens(0.7)) {
      // The clients leave it; that may be news to it.
      line.up.break(chance.whole(0, 3), chance.happens(0.5) ? undefined : ms / 2);
      line.down.break(chance.whole(0, 3), 0);
    }
  const who = again ? "the process before" : "another process";
  return `${who} takes the server's place, and the one that had it goes on for ${ms.toFixed()} ms`;
}

/** A client's line that is open, the newest more likely than others. */
function anyLine({ network, chance }: Scene): Line | undefined {
  const lines = network.open.filter(({ client }) => client !== undefined);
  return chance.happens(0.8) ? lines.at(-1) : lines[0];
}

/** When a half learns that a line broke. */
function notice({ chance }: Scene): { readonly after: number } | undefined {
  if (chance.happens(0.25)) return undefined;
  return { after: chance.happens(0.6) ? 0 : chance.between(0, 10_000) };
}

function words(notice: { readonly after: number } | undefined): string {
  if (notice === undefined) return "never";
  return notice.after === 0 ? "at once" : `after ${notice.after.toFixed()} ms`;
}

function dialing({ network, agenda, chance }: Scene, answer: "given" | "refused" | "never", slow: number) {
  const ms = chance.between(500, 8_000);
  network.dialing.answer = answer;
  network.dialing.slow = slow;
  agenda.plan(undefined, ms, () => Object.assign(network.dialing, { answer: "given", slow: 0 }));
  return `for ${ms.toFixed()} ms dials are ${slow > 0 ? `slow by ${slow.toFixed()} ms` : answer}`;
}

function pause({ agenda, chance }: Scene, half: Half): string {
  const ms = chance.happens(0.5) ? chance.between(200, 5_000) : chance.between(5_000, 90_000);
  agenda.pause(half, ms);
  return `the ${half} stands still for ${ms.toFixed()} ms`;
}

function moody({ stage, agenda, chance }: Scene, slow: number, ms: number): string {
  const half = chance.oneOf(["client", "server"] as const);
  const long = chance.between(1_000, 10_000);
  Object.assign(stage.mood[half], { slow, ms });
  agenda.plan(undefined, long, () => Object.assign(stage.mood[half], calm));
  return `handlers of the ${half} take up to ${2 * ms} ms, for ${long.toFixed()} ms`;
}
