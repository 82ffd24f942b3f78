import { setTimeout } from "node:timers/promises";
import type { EchoClient } from "../load/dialect.ts";
import type { Tally } from "../load/tally.ts";
import type { Sample } from "./sample.ts";
import type { BenchServer } from "./bench-server.ts";

/** How often the server's CPU time is read, in ms. */
const interval = 50;
/** A window ends after so many times its CPU time, however idle the server is. */
const longest = 20;
/** How long the first answer of a turn may take, and all of them at its end, in ms. */
const answerTimeout = 10_000;

/** What uses CPU time: a server, or several. */
type Measured = Pick<BenchServer, "measure">;

/** Measures a server that clients keep busy until it has used so many ms of CPU time: messages per CPU-second. */
export function measureWindow(server: Measured, tally: Tally, ms: number): Promise<Sample> {
  return measureWhile(tally, () => useCpu(server, ms, tally));
}

/** Measures a server that is hardly busy, for so many ms: messages per CPU-second. */
export function measureTime(server: Measured, tally: Tally, ms: number): Promise<Sample> {
  return measureWhile(tally, async () => {
    const before = (await server.measure()).cpu;
    const start = performance.now();
    do await setTimeout(ms);
    while (isWaiting(tally, start));
    return (await server.measure()).cpu - before;
  });
}

/** Counts messages until `wait` resolves with the CPU time that was used, in µs. */
async function measureWhile(tally: Tally, wait: () => Promise<number>): Promise<Sample> {
  tally.restart();
  const start = performance.now();
  const own = process.cpuUsage();
  const cpu = await wait();
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

/** Waits until each message has its answer. @throws Error when one has none in time. */
export async function allAnswered(
  clients: readonly Pick<EchoClient, "inFlight">[],
  tally: Tally,
): Promise<void> {
  const start = performance.now();
  while (tally.wrong === undefined && clients.some(({ inFlight }) => inFlight > 0)) {
    if (performance.now() - start > answerTimeout) throw new Error("a message has no answer");
    await setTimeout(1);
  }
}

/** Waits until a server has used so many ms of CPU time. @returns how much it has used, in µs. */
async function useCpu(server: Measured, ms: number, tally: Tally): Promise<number> {
  const start = performance.now();
  const before = (await server.measure()).cpu;
  for (;;) {
    await setTimeout(interval);
    const used = (await server.measure()).cpu - before;
    const isOver = used >= ms * 1_000 || performance.now() - start > ms * longest;
    if (tally.wrong !== undefined || (isOver && !isWaiting(tally, start))) return used;
  }
}

/** Whether the first message may still arrive: a window without one would have no figure. */
function isWaiting({ messages, wrong }: Tally, start: number): boolean {
  return messages === 0 && wrong === undefined && performance.now() - start < answerTimeout;
}
