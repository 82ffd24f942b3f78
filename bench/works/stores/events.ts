/** Messages of sessions that a store keeps. */
import { sessionContract } from "../../load/dialects.ts";
import { Tally } from "../../load/tally.ts";
import type { BenchServer } from "../../run/bench-server.ts";
import { measureTime, measureWindow } from "../../run/window.ts";
import type { Load, Work } from "../../run/work.ts";
import { driveEcho } from "../echo.ts";
import type { StoreSubject } from "./subjects.ts";

/** How many clients send, and how many messages of each are in flight. */
interface Clients {
  readonly clients: number;
  readonly inFlight: number;
}

const many: Clients = { clients: 50, inFlight: 16 };
const one: Clients = { clients: 1, inFlight: 1 };

const delays = ["0", "1", "5"];

/** One client with one message in flight is measured for a time, since its server is hardly busy; many until it has used its CPU time. */
async function driveMessages(
  server: BenchServer,
  kind: "event" | "request",
  { clients, inFlight }: Clients,
  hasStore: boolean,
): Promise<Load> {
  const tally = new Tally();
  const measure = clients === 1 ? measureTime : measureWindow;
  const load = await driveEcho(server, sessionContract(kind), { inFlight, clients, tally, measure });
  const countCalls = async (): Promise<number> => (await server.command("calls")) as number;
  return {
    async turn(ms) {
      const [callsBefore, before] = [await countCalls(), tally.total];
      const sample = await load.turn(ms);
      const calls = ((await countCalls()) - callsBefore) / (tally.total - before);
      const rate = sample.value * (sample.serverLoad ?? NaN);
      const more = {
        "a second": rate,
        "CPU µs each": 1e6 / sample.value,
        ...(hasStore && { "calls to the store each": calls }),
      };
      return { ...sample, more };
    },
    stop: () => load.stop(),
  };
}

/** Events that come back: of 50 clients with 16 in flight each, and of one client with one in flight. */
export function eventWorks(stores: readonly StoreSubject[]): readonly Work[] {
  const rows: readonly (readonly [name: string, clients: Clients])[] = [
    ["events in a session, 50 × 16", many],
    ["events in a session, one at a time", one],
  ];
  return rows.map(([name, clients]) => ({
    name,
    unit: "events a CPU-second",
    long: clients === one,
    subjects: stores.map(({ name: subject, env }) => ({
      name: subject,
      program: "stored",
      env,
      drive: (server) => driveMessages(server, "event", clients, "BENCH_STORE" in env),
    })),
  }));
}

/** Requests and their replies while a store in memory answers later: at once, in a promise, and after 1 and 5 ms. */
export function delayWorks(): readonly Work[] {
  const env = { BENCH_STORE: "memory" };
  const rows: readonly (readonly [name: string, env: Readonly<Record<string, string>>])[] = [
    ["at once", env],
    ...delays.map((ms) => [`${ms} ms`, { ...env, BENCH_STORE_DELAY: ms }] as const),
  ];
  return [
    delayWork("requests one at a time, by the store's delay", "p50 µs", one, rows),
    delayWork("requests 50 × 16, by the store's delay", "replies a second", many, rows),
  ];
}

function delayWork(
  name: string,
  unit: string,
  clients: Clients,
  rows: readonly (readonly [name: string, env: Readonly<Record<string, string>>])[],
): Work {
  const drive = async (server: BenchServer): Promise<Load> => {
    const load = await driveMessages(server, "request", clients, true);
    return {
      async turn(ms) {
        const { p50 = NaN, p99 = NaN, more = {}, ...sample } = await load.turn(ms);
        const { "a second": rate = NaN, ...others } = more;
        return clients.clients === 1
          ? { ...sample, value: p50, p99, more: others }
          : { ...sample, value: rate, p50, p99, more: others };
      },
      stop: () => load.stop(),
    };
  };
  return {
    name,
    unit,
    subjects: rows.map(([subject, env]) => ({ name: subject, program: "stored", env, drive })),
  };
}
