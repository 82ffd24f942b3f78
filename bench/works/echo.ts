/** Messages that come back. */
import type { Dialect } from "../load/dialect.ts";
import { echoBytes, echoJson, plainContract, sessionContract } from "../load/dialects.ts";
import { graphqlRequest, socketIoEvent, socketIoRequest, trpcRequest } from "../load/peers.ts";
import { openClients } from "../load/open-clients.ts";
import { Tally } from "../load/tally.ts";
import type { BenchServer } from "../run/bench-server.ts";
import { allAnswered, measureWindow } from "../run/window.ts";
import type { DrivenSubject, Load, Work } from "../run/work.ts";

/** How many clients send at once. */
const clientCount = 64;

const unit = "messages a CPU-second";

/** A server, its program, and how it is reached. */
type Row = readonly [name: string, program: string, dialect: Dialect];

/** Servers of other authors without frames of their own. */
const frameworks: Readonly<Record<string, string>> = {
  crossws: "crossws",
  Fastify: "fastify",
  Hono: "hono",
  "FastAPI, uvicorn": "fastapi",
  "Quart, hypercorn": "quart",
  Bun: "bun",
};

function rawRows(bytes: number): Row[] {
  return [
    ["ws", "ws", echoBytes("/echo", bytes)],
    ["ws batched", "ws-batched", echoBytes("/echo", bytes)],
    ["raw route", "symbolon", echoBytes("/echo", bytes)],
    ["listener", "symbolon", echoBytes("/listen", bytes)],
    ["Socket.IO", "socket-io", socketIoEvent(bytes)],
    ...Object.entries(frameworks).map(([name, program]): Row => [name, program, echoBytes("/echo", bytes)]),
  ];
}

function jsonRows(): Row[] {
  return [
    ["ws", "ws", echoJson("/json")],
    ["ws batched", "ws-batched", echoJson("/json")],
    ["ws + zod", "ws", echoJson("/zod")],
    ["raw route", "symbolon", echoJson("/json")],
    ["raw route + zod", "symbolon", echoJson("/json-zod")],
    ["event, plain", "symbolon", plainContract("event")],
    ["event, session", "symbolon", sessionContract("event")],
    ["request, plain", "symbolon", plainContract("request")],
    ["request, session", "symbolon", sessionContract("request")],
    ["tRPC + zod", "trpc", trpcRequest()],
    ["Socket.IO", "socket-io", socketIoEvent()],
    ["Socket.IO, acknowledged", "socket-io", socketIoRequest()],
    ["graphql-ws", "graphql-ws", graphqlRequest()],
    ...Object.entries(frameworks).map(([name, program]): Row => [name, program, echoJson("/json")]),
  ];
}

/** How clients send messages that come back. */
export interface EchoLoad {
  /** How many messages each client has in flight. */
  readonly inFlight: number;
  /** @default 64 */
  readonly clients?: number;
  /** Counts what arrives. @default one of its own */
  readonly tally?: Tally;
  /** Measures a turn. @default until the server has used the CPU time */
  readonly measure?: typeof measureWindow;
}

/** Clients, each with so many messages in flight: each answer is followed by the next message at once. */
export async function driveEcho(
  server: BenchServer,
  dialect: Dialect,
  { inFlight, clients: count = clientCount, tally = new Tally(), measure = measureWindow }: EchoLoad,
): Promise<Load> {
  const clients = await openClients(server.port, dialect, count, tally);
  return {
    async turn(ms) {
      for (const client of clients) {
        client.repeat = true;
        client.send(inFlight);
      }
      const sample = await measure(server, tally, ms);
      for (const client of clients) client.repeat = false;
      await allAnswered(clients, tally);
      return sample;
    },
    stop() {
      for (const client of clients) client.stop();
    },
  };
}

function echoWork(name: string, rows: readonly Row[], inFlight: number): Work {
  const subjects = rows.map(([subject, program, dialect]): DrivenSubject => ({
    name: subject,
    program,
    drive: (server) => driveEcho(server, dialect, { inFlight }),
  }));
  return { name: `${name}, p${inFlight}`, unit, subjects };
}

/** The sizes of raw messages. A quick run measures the first. */
const sizes: readonly (readonly [name: string, bytes: number])[] = [
  ["64 B", 64],
  ["1 KiB", 2 ** 10],
  ["64 KiB", 2 ** 16],
];

/** JSON of 128 bytes, and raw messages of three sizes; each with 1 and 16 in flight. */
export const echoWorks: readonly Work[] = [
  ...[1, 16].map((inFlight) => echoWork("JSON 128 B", jsonRows(), inFlight)),
  ...sizes.flatMap(([size, bytes], index) =>
    [1, 16].map((inFlight) => ({
      ...echoWork(`echo ${size}`, rawRows(bytes), inFlight),
      long: index > 0,
    })),
  ),
];
