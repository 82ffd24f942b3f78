/** What connections cost that do nothing. */
import { setTimeout } from "node:timers/promises";
import { sessionContract } from "../load/dialects.ts";
import { openConnections } from "../load/open-clients.ts";
import { socketIoEvent, trpcRequest } from "../load/peers.ts";
import type { Sample } from "../run/sample.ts";
import type { BenchServer } from "../run/bench-server.ts";
import type { Scale, Work } from "../run/work.ts";
import { type Opening, openings } from "./openings.ts";

/** Connections that come and go before the memory is measured. */
const warmUpCount = 500;
/** Sessions that are connected at once before they are detached: memory that a process has used does not shrink. */
const batch = 500;
/** How long a server may take to see that connections have ended, in ms. */
const settleTime = 1_000;

const rows: readonly (readonly [name: string, program: string, dialect: Opening, detached?: true])[] = [
  ...openings,
  ["detached session", "symbolon", sessionContract("event"), true],
  ["Socket.IO", "socket-io", socketIoEvent()],
  ["tRPC", "trpc", trpcRequest()],
];

/** Opens connections, and measures by how much the memory of the server grows for each. */
async function measureIdle(
  server: BenchServer,
  dialect: Opening,
  detached: boolean,
  count: number,
): Promise<Sample> {
  for (const connection of await openConnections(server.port, dialect, warmUpCount)) connection.reset();
  await setTimeout(settleTime);
  const before = await server.collect();
  const connections = [];
  for (let opened = 0; opened < count; opened += batch) {
    const some = await openConnections(server.port, dialect, batch);
    if (detached) for (const connection of some) connection.reset();
    else connections.push(...some);
  }
  await setTimeout(settleTime);
  const after = await server.collect();
  for (const connection of connections) connection.reset();
  return { value: (after.rss - before.rss) / count, heap: (after.heap - before.heap) / count };
}

/** 10,000 idle connections; 2,000 in a quick run. */
export const idleWork: Work = {
  name: "memory of 10,000 idle",
  unit: "bytes a connection",
  subjects: rows.map(([name, program, dialect, detached = false]) => ({
    name,
    program,
    measure: (server, { quick }: Scale) => measureIdle(server, dialect, detached, quick ? 2_000 : 10_000),
  })),
};
