/** How long a message takes while the server is hardly busy. */
import { setTimeout } from "node:timers/promises";
import type { Dialect } from "../load/dialect.ts";
import { echoJson, sessionContract } from "../load/dialects.ts";
import { openClients } from "../load/open-clients.ts";
import { socketIoEvent } from "../load/peers.ts";
import { Tally } from "../load/tally.ts";
import type { Sample } from "../run/sample.ts";
import type { BenchServer } from "../run/bench-server.ts";
import type { Work } from "../run/work.ts";

/** Messages in a second: about 20 % of what `ws` does on one core. */
const rate = 16_000;
const clientCount = 64;

const rows: readonly (readonly [name: string, program: string, dialect: Dialect])[] = [
  ["ws", "ws", echoJson("/json")],
  ["ws batched", "ws-batched", echoJson("/json")],
  ["raw route", "symbolon", echoJson("/json")],
  ["event, session", "symbolon", sessionContract("event")],
  ["Socket.IO", "socket-io", socketIoEvent()],
];

/** So many messages may be in flight on a connection; one more is not sent. */
const mostInFlight = 24;

/** Sends at a fixed rate, whether answers arrive or not. */
async function measureLatency(server: BenchServer, dialect: Dialect, seconds: number): Promise<Sample> {
  const tally = new Tally();
  const clients = await openClients(server.port, dialect, clientCount, tally);
  const start = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    for (const due = ((performance.now() - start) / 1_000) * rate; sent < due; sent += 1) {
      const client = clients[sent % clientCount];
      if (client && client.inFlight < mostInFlight) client.send(1);
    }
  }, 1);
  await setTimeout(seconds * 500);
  tally.restart();
  const [before, began] = [await server.measure(), performance.now()];
  await setTimeout(seconds * 1_000);
  clearInterval(timer);
  const [p50, p99] = [tally.percentile(0.5), tally.percentile(0.99)];
  const load = ((await server.measure()).cpu - before.cpu) / 1_000 / (performance.now() - began);
  for (const client of clients) client.stop();
  return { value: p99, p50, serverLoad: load, ...(tally.wrong !== undefined && { wrong: tally.wrong }) };
}

/** JSON of 128 bytes, 16,000 times a second, on 64 connections. */
export const latencyWork: Work = {
  name: "latency at 16,000 messages a second",
  unit: "p99 µs",
  subjects: rows.map(([name, program, dialect]) => ({
    name,
    program,
    measure: (server, { quick }) => measureLatency(server, dialect, quick ? 1 : 4),
  })),
};
