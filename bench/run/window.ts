import { setTimeout } from "node:timers/promises";
import type { Tally } from "../load/tally.ts";
import type { Sample } from "./sample.ts";
import type { BenchServer } from "./bench-server.ts";
import type { Times } from "./work.ts";

/** How often the server's CPU time is read, in ms. */
const interval = 50;
/** A window ends after so many times its CPU time, however idle the server is. */
const longest = 20;

/** Measures a server that clients keep busy, after its warm-up: messages per CPU-second of the server. */
export async function measureWindow(
  server: BenchServer,
  tally: Tally,
  { warmUp, measured }: Times,
): Promise<Sample> {
  await useCpu(server, warmUp, tally);
  tally.restart();
  const start = performance.now();
  const own = process.cpuUsage();
  const cpu = await useCpu(server, measured, tally);
  const { messages, wrong } = tally;
  const { user, system } = process.cpuUsage(own);
  const micros = (performance.now() - start) * 1_000;
  return {
    value: messages / (cpu / 1e6),
    p50: tally.percentile(0.5),
    p99: tally.percentile(0.99),
    serverLoad: cpu / micros,
    generatorLoad: (user + system) / micros,
    ...(wrong !== undefined && { wrong }),
    ...(messages === 0 && { wrong: wrong ?? "no message has arrived" }),
  };
}

/** Waits until a server has used so many ms of CPU time. @returns how much it has used, in µs. */
async function useCpu(server: BenchServer, ms: number, tally: Tally): Promise<number> {
  const start = performance.now();
  const before = (await server.measure()).cpu;
  for (;;) {
    await setTimeout(interval);
    const used = (await server.measure()).cpu - before;
    if (used >= ms * 1_000 || performance.now() - start > ms * longest || tally.wrong !== undefined)
      return used;
  }
}
