/** How long a message takes while the server is hardly busy. */
import { setTimeout } from "node:timers/promises";
import type { Dialect } from "../load/dialect.ts";
import { echoJson, sessionContract } from "../load/dialects.ts";
import { openClients } from "../load/open-clients.ts";
import { socketIoEvent } from "../load/peers.ts";
import { Tally } from "../load/tally.ts";
import type { BenchServer } from "../run/bench-server.ts";
import { allAnswered } from "../run/window.ts";
import type { Load, Work } from "../run/work.ts";

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

/** Sends at a fixed rate, whether answers arrive or not. A turn measures for three times its ms. */
async function driveLatency(server: BenchServer, dialect: Dialect): Promise<Load> {
  const tally = new Tally();
  const clients = await openClients(server.port, dialect, clientCount, tally);
  return {
    async turn(ms) {
      const start = performance.now();
      let sent = 0;
      const timer = setInterval(() => {
        for (const due = ((performance.now() - start) / 1_000) * rate; sent < due; sent += 1) {
          const client = clients[sent % clientCount];
          if (client && client.inFlight < mostInFlight) client.send(1);
        }
      }, 1);
      await setTimeout(ms / 2);
      tally.restart();
      const [before, began] = [await server.measure(), performance.now()];
      await setTimeout(3 * ms);
      clearInterval(timer);
      const [value, p50] = [tally.percentile(0.99), tally.percentile(0.5)];
      const serverLoad = ((await server.measure()).cpu - before.cpu) / 1_000 / (performance.now() - began);
      await allAnswered(clients, tally);
      return { value, p50, serverLoad, ...(tally.wrong !== undefined && { wrong: tally.wrong }) };
    },
    stop() {
      for (const client of clients) client.stop();
    },
  };
}

/** JSON of 128 bytes, 16,000 times a second, on 64 connections. */
export const latencyWork: Work = {
  name: "latency at 16,000 messages a second",
  unit: "p99 µs",
  subjects: rows.map(([name, program, dialect]) => ({
    name,
    program,
    drive: (server) => driveLatency(server, dialect),
  })),
};
