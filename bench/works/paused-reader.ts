/** One client that reads no more, and a server that has more and more for it. */
import { setTimeout } from "node:timers/promises";
import { clientFrame, mask } from "../load/client-frames.ts";
import { Connection, type Target } from "../load/connection.ts";
import { openGraphql, openSocketIo } from "../load/peers.ts";
import { Session } from "../load/session.ts";
import type { Sample } from "../run/sample.ts";
import type { BenchServer } from "../run/bench-server.ts";
import type { Work } from "../run/work.ts";

/** The size of an item: a message to a client is smaller than 64 KiB with it. */
const itemBytes = 60 * 1024;
/** How often the memory is read, in ms. */
const interval = 100;

/** Opens a connection, and asks for items; where items need credit, grants credit for all. */
type Ask = (connection: Connection) => Promise<void> | void;

const askSession: Ask = async (connection) => {
  const session = new Session();
  await session.open(connection);
  session.send([
    mask(`"t":"stream","q":1,"name":"items","data":${itemBytes}}`),
    mask('"t":"credit","q":1,"n":1000000000,"b":1000000000000}'),
  ]);
};

const askPlain: Ask = (connection) => {
  connection.write(clientFrame(`{"t":"stream","q":1,"name":"items","data":${itemBytes}}`));
  connection.write(clientFrame('{"t":"credit","q":1,"n":1000000000,"b":1000000000000}'));
};

const rows: readonly (readonly [name: string, program: string, target: Omit<Target, "port">, ask: Ask])[] = [
  ["ws", "ws", { path: "/items" }, (connection) => connection.write(clientFrame(String(itemBytes)))],
  [
    "raw route",
    "symbolon",
    { path: "/items" },
    (connection) => connection.write(clientFrame(String(itemBytes))),
  ],
  ["stream, plain", "symbolon", { path: "/contract" }, askPlain],
  ["stream, session", "symbolon", { path: "/contract", protocol: "symbolon.v1.json" }, askSession],
  [
    "Socket.IO",
    "socket-io",
    { path: "/socket.io/?EIO=4&transport=websocket" },
    async (connection) => {
      await openSocketIo(connection);
      connection.write(clientFrame(`42["items",${itemBytes}]`));
    },
  ],
  [
    "tRPC",
    "trpc",
    { path: "/" },
    (connection) =>
      connection.write(
        clientFrame(`{"id":1,"method":"subscription","params":{"path":"items","input":${itemBytes}}}`),
      ),
  ],
  [
    "graphql-ws",
    "graphql-ws",
    { path: "/", protocol: "graphql-transport-ws" },
    async (connection) => {
      await openGraphql(connection);
      const query = "subscription($bytes:Int!){items(bytes:$bytes)}";
      const payload = JSON.stringify({ query, variables: { bytes: itemBytes } });
      connection.write(clientFrame(`{"id":"1","type":"subscribe","payload":${payload}}`));
    },
  ],
];

/** Reads nothing, and measures by how much the memory of the server grows at most. */
async function measurePausedReader(
  server: BenchServer,
  target: Omit<Target, "port">,
  ask: Ask,
  seconds: number,
): Promise<Sample> {
  const connection = await Connection.open({ ...target, port: server.port });
  await setTimeout(500);
  const before = await server.collect();
  await ask(connection);
  connection.pause();
  let most = before.rss;
  for (const end = performance.now() + seconds * 1_000; performance.now() < end;) {
    await setTimeout(interval);
    most = Math.max(most, (await server.measure()).rss);
  }
  connection.reset();
  return { value: (most - before.rss) / 2 ** 20 };
}

/** 5 s of items of 60 KiB; 2 s in a quick run. */
export const pausedReaderWork: Work = {
  name: "a paused reader",
  unit: "MiB more",
  subjects: rows.map(([name, program, target, ask]) => ({
    name,
    program,
    measure: (server, { quick }) => measurePausedReader(server, target, ask, quick ? 2 : 5),
  })),
};
