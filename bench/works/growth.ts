/** How costs grow with connections and rooms. */
import { setTimeout } from "node:timers/promises";
import { openEach } from "../load/open-clients.ts";
import { RoomListener } from "../load/room-listener.ts";
import { Tally } from "../load/tally.ts";
import type { BenchServer } from "../run/bench-server.ts";
import type { Sample } from "../run/sample.ts";
import { measureWindow } from "../run/window.ts";
import type { Times, Work } from "../run/work.ts";
import { stormAtOnce } from "./connect.ts";

/** Connections and rooms: each client is a member of one room. */
const sizes: readonly (readonly [connections: number, rooms: number])[] = [
  [100, 10],
  [1_000, 10],
  [10_000, 10],
  [10_000, 100],
  [10_000, 1_000],
  [10_000, 10_000],
];

const programs: readonly (readonly [program: string, store: string])[] = [
  ["rooms", "no store"],
  ["rooms-stored", "a store of files"],
];

/** Clients that come and go before the memory is measured. */
const warmUpCount = 500;
/** How long a server may take to see that connections have ended, in ms. */
const settleTime = 1_000;
/** Deliveries that the bench asks for at once. */
const deliveriesAtOnce = 10_000;

async function measureGrowth(
  server: BenchServer,
  members: number,
  rooms: number,
  times: Times,
): Promise<Sample> {
  const tally = new Tally();
  const { port } = server;
  const listeners = (count: number): RoomListener[] =>
    Array.from({ length: count }, (_, n) => new RoomListener(String(n % rooms), tally));
  for (const connection of await openEach(listeners(warmUpCount), (one) => one.connect(port)))
    connection.reset();
  await setTimeout(settleTime);

  const before = await server.collect();
  const all = listeners(members);
  const connections = await openEach(all, (one) => one.connect(port));
  await setTimeout(settleTime);
  const { heap } = await server.collect();

  await server.command("rooms", rooms);
  const delivery = await measureDelivery(server, members, tally, times);

  for (const connection of connections) connection.reset();
  await setTimeout(settleTime);
  const resumeStart = performance.now();
  const resumed = await openEach(all, (one) => one.connect(port), stormAtOnce);
  const resumeTime = performance.now() - resumeStart;
  for (const connection of resumed) connection.onEnd = () => {};

  const closeTime = (await server.command("close")) as number;
  return {
    ...delivery,
    more: {
      "heap bytes a member": (heap - before.heap) / members,
      "resume all, ms": resumeTime,
      "close all, ms": closeTime,
    },
    ...(tally.wrong !== undefined && { wrong: tally.wrong }),
  };
}

/** Sends to all rooms; when all members have received the messages, sends the next ones. */
async function measureDelivery(
  server: BenchServer,
  members: number,
  tally: Tally,
  times: Times,
): Promise<Pick<Sample, "value" | "serverLoad" | "generatorLoad" | "wrong">> {
  const rounds = Math.max(1, Math.round(deliveriesAtOnce / members));
  let posted: Promise<unknown> = Promise.resolve();
  const post = (): void => {
    tally.notifyAt = tally.total + rounds * members;
    posted = server.command("post", rounds);
  };
  tally.onTotal = post;
  post();
  await measureWindow(server, tally, times.warmUp);
  const { value, serverLoad, generatorLoad, wrong } = await measureWindow(server, tally, times.measured);
  await new Promise<void>((resolve) => (tally.onTotal = resolve));
  await posted;
  return {
    value: 1e6 / value,
    ...(serverLoad !== undefined && { serverLoad }),
    ...(generatorLoad !== undefined && { generatorLoad }),
    ...(wrong !== undefined && { wrong }),
  };
}

/** 100 to 10,000 connections in 10 to 10,000 rooms, with and without a store: no step may be worse than linear. */
export const growthWork: Work = {
  name: "growth",
  unit: "CPU µs a delivery",
  long: true,
  isMeasuredOnce: true,
  subjects: programs.flatMap(([program, store]) =>
    sizes.map(([members, rooms]) => ({
      name: `${members.toLocaleString("en")} in ${rooms.toLocaleString("en")} rooms, ${store}`,
      program,
      measure: (server: BenchServer, scale: Times) => measureGrowth(server, members, rooms, scale),
    })),
  ),
};
