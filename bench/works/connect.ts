/** Connections that are opened, and sessions that are resumed. */
import { setTimeout } from "node:timers/promises";
import { Connection } from "../load/connection.ts";
import { sessionContract } from "../load/dialects.ts";
import { openEach } from "../load/open-clients.ts";
import { openSocketIo, socketIoEvent, trpcRequest } from "../load/peers.ts";
import { Session } from "../load/session.ts";
import { Tally } from "../load/tally.ts";
import type { Sample } from "../run/sample.ts";
import type { BenchServer } from "../run/bench-server.ts";
import { measureWindow } from "../run/window.ts";
import type { Load, Work } from "../run/work.ts";
import { type Opening, openings } from "./openings.ts";

/** How many connections are on their way at once. */
const atOnce = 64;
/** The same when sessions resume: the backlog of a listening socket is 511. */
export const stormAtOnce = 400;

const rows: readonly (readonly [name: string, program: string, dialect: Opening])[] = [
  ...openings,
  ["Socket.IO", "socket-io", { ...socketIoEvent(), open: openSocketIo }],
  ["tRPC", "trpc", trpcRequest()],
];

/** Opens and closes connections, 64 at once. */
function driveConnects(server: BenchServer, { target, open }: Opening): Load {
  const tally = new Tally();
  const state = { isOver: false };
  const repeat = async (): Promise<void> => {
    while (!state.isOver) {
      const start = performance.now();
      const connection = await Connection.open({ ...target, port: server.port });
      await open?.(connection);
      tally.add(performance.now() - start);
      await connection.close();
    }
  };
  return {
    async turn(ms) {
      state.isOver = false;
      const loops = Promise.all(Array.from({ length: atOnce }, repeat)).catch((error: unknown) => {
        tally.wrong ??= String(error);
      });
      const sample = await measureWindow(server, tally, ms);
      state.isOver = true;
      await loops;
      return sample;
    },
    stop() {},
  };
}

/** Sessions lose their wires all at once, and resume. */
async function measureResume(server: BenchServer, count: number): Promise<Sample> {
  const { target } = sessionContract("event");
  const sessions = Array.from({ length: count }, () => new Session());
  const open = async (session: Session): Promise<Connection> => {
    const connection = await Connection.open({ ...target, port: server.port });
    await session.open(connection);
    return connection;
  };
  const openAll = (): Promise<Connection[]> => openEach(sessions, open, stormAtOnce);
  for (const connection of await openAll()) connection.reset();
  await setTimeout(1_000);
  const before = await server.measure();
  const connections = await openAll();
  const { cpu } = await server.measure();
  for (const connection of connections) connection.reset();
  return { value: (cpu - before.cpu) / count };
}

/** Connections a CPU-second. */
export const connectWork: Work = {
  name: "connect and close",
  unit: "connections a CPU-second",
  subjects: rows.map(([name, program, dialect]) => ({
    name,
    program,
    drive: (server) => Promise.resolve(driveConnects(server, dialect)),
  })),
};

/** 5,000 sessions resume; 1,000 in a quick run. */
export const resumeWork: Work = {
  name: "resume storm of 5,000",
  unit: "CPU µs a session",
  subjects: [
    {
      name: "session",
      program: "symbolon",
      measure: (server, { quick }) => measureResume(server, quick ? 1_000 : 5_000),
    },
  ],
};
