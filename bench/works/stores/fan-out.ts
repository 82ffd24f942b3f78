/** One room on one node, and on three that share a store. */
import { setTimeout } from "node:timers/promises";
import type { EchoClient } from "../../load/dialect.ts";
import { sessionRoom } from "../../load/dialects.ts";
import { openClients } from "../../load/open-clients.ts";
import { variants } from "../../load/messages.ts";
import { Tally } from "../../load/tally.ts";
import type { BenchServer } from "../../run/bench-server.ts";
import { ServerProcess } from "../../run/server-process.ts";
import { allAnswered, measureWindow } from "../../run/window.ts";
import type { DrivenSubject, Load, Work } from "../../run/work.ts";
import type { StoreSubject } from "./subjects.ts";

const memberCount = 150;
const nodeCount = 3;
/** How many messages to the room are in flight: those that some member has not received. */
const inFlight = 16;
/** How long members may take to be in their room after their sessions are open, in ms. */
const joinTime = 1_000;

/** Keeps messages to a room in flight: when the slowest member has received the oldest one, the first member posts another. */
class RoomPoster {
  readonly #members: readonly EchoClient[];
  readonly #tally: Tally;
  #posted = 0;
  #isOver = true;

  constructor(members: readonly EchoClient[], tally: Tally) {
    this.#members = members;
    this.#tally = tally;
    tally.onTotal = () => this.#onDelivery();
  }

  /** Messages that some member has not received. */
  get inFlight(): number {
    return this.#posted - this.#received;
  }

  start(): void {
    this.#isOver = false;
    this.#post();
    this.#await();
  }

  stop(): void {
    this.#isOver = true;
  }

  /** How many messages every member has received: a member that only receives has a negative `inFlight`. */
  get #received(): number {
    let least = Infinity;
    for (const [index, member] of this.#members.entries())
      least = Math.min(least, (index === 0 ? this.#posted : 0) - member.inFlight);
    return least;
  }

  #onDelivery(): void {
    if (this.#isOver) return;
    this.#post();
    this.#await();
  }

  #post(): void {
    const count = inFlight - this.inFlight;
    this.#posted += count;
    if (count > 0) this.#members[0]?.send(count);
  }

  /** Fewer deliveries cannot be those of one more message to every member. */
  #await(): void {
    const next = (this.#received + 1) * this.#members.length;
    this.#tally.notifyAt = Math.max(this.#tally.total + 1, next);
  }
}

async function driveRoom(servers: readonly BenchServer[]): Promise<Load> {
  const tally = new Tally();
  const dialect = sessionRoom();
  const sentAt = new Float64Array(variants);
  const members: EchoClient[] = [];
  for (const { port } of servers)
    members.push(...(await openClients(port, dialect, memberCount / servers.length, tally, sentAt)));
  await setTimeout(joinTime);
  const poster = new RoomPoster(members, tally);
  return {
    async turn(ms) {
      poster.start();
      const sample = await measureWindow({ measure: () => measureAll(servers) }, tally, ms);
      poster.stop();
      await allAnswered([poster], tally);
      const { value, serverLoad = NaN, ...others } = sample;
      return { ...others, serverLoad, value: value * serverLoad, more: { "CPU µs each": 1e6 / value } };
    },
    stop() {
      for (const member of members) member.stop();
    },
  };
}

/** The sum of what all nodes have used. */
async function measureAll(servers: readonly BenchServer[]): ReturnType<BenchServer["measure"]> {
  const all = await Promise.all(servers.map((server) => server.measure()));
  return all.reduce((sum, one) => ({
    cpu: sum.cpu + one.cpu,
    rss: sum.rss + one.rss,
    heap: sum.heap + one.heap,
  }));
}

/** Starts two more nodes that share the store of the first. */
async function driveNodes(first: BenchServer, env: StoreSubject["env"]): Promise<Load> {
  const prefix = (await first.command("prefix")) as string;
  const others = await Promise.all(
    Array.from({ length: nodeCount - 1 }, () =>
      ServerProcess.start("servers/stored", { env: { ...env, BENCH_STORE_PREFIX: prefix } }),
    ),
  );
  const load = await driveRoom([first, ...others]);
  return {
    turn: (ms) => load.turn(ms),
    async stop() {
      await load.stop();
      await Promise.all(others.map((server) => server.stop()));
    },
  };
}

/** JSON of 128 bytes to 150 members: on one node, and on three with 50 each. */
export function fanOutWork(stores: readonly StoreSubject[]): Work {
  const alone = stores.map(({ name, env, isShared }): DrivenSubject => ({
    name: isShared ? `${name}, one node` : name,
    program: "stored",
    env,
    drive: (server) => driveRoom([server]),
  }));
  const shared = stores
    .filter(({ isShared }) => isShared)
    .map(({ name, env }): DrivenSubject => ({
      name: `${name}, three nodes`,
      program: "stored",
      env,
      drive: (server) => driveNodes(server, env),
    }));
  return { name: "a room of 150", unit: "deliveries a second", subjects: [...alone, ...shared] };
}
