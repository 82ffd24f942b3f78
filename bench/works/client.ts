/** What a client costs: its CPU time, and how long it takes until the first message. */
import { setTimeout } from "node:timers/promises";
import type { BenchServer } from "../run/bench-server.ts";
import type { Sample } from "../run/sample.ts";
import { ServerProcess } from "../run/server-process.ts";
import type { Times, Work } from "../run/work.ts";

const rows: readonly (readonly [name: string, program: string, client: string])[] = [
  ["ws", "ws", "clients/ws"],
  ["connect, in Node", "symbolon", "clients/connect"],
];

/** Runs a client process beside the server. */
async function withClient<Result>(
  { port }: BenchServer,
  program: string,
  measure: (client: BenchServer) => Promise<Result>,
): Promise<Result> {
  const client = await ServerProcess.start(program, { env: { TARGET_PORT: String(port) } });
  try {
    return await measure(client);
  } finally {
    await client.stop();
  }
}

/** Messages that come back, for each second of CPU time of the client. */
async function measureEvents(client: BenchServer, { warmUp, measured }: Times): Promise<Sample> {
  await client.command("start");
  await useCpu(client, warmUp);
  const before = (await client.command("count")) as number;
  const cpu = await useCpu(client, measured);
  const count = ((await client.command("count")) as number) - before;
  return { value: count / (cpu / 1e6), ...(count === 0 && { wrong: "no message has arrived" }) };
}

/** Waits until a client has used so many ms of CPU time. @returns how much it has used, in µs. */
async function useCpu(client: BenchServer, ms: number): Promise<number> {
  const before = (await client.measure()).cpu;
  for (const end = performance.now() + 20 * ms; ;) {
    await setTimeout(50);
    const used = (await client.measure()).cpu - before;
    if (used >= ms * 1_000 || performance.now() > end) return used;
  }
}

/** JSON of 128 bytes through a client in Node, with 16 in flight; and the time from its call to the first answer. */
export const clientWorks: readonly Work[] = [
  {
    name: "a client's events",
    unit: "messages a CPU-second of the client",
    subjects: rows.map(([name, program, client]) => ({
      name,
      program,
      measure: (server, scale) => withClient(server, client, (process) => measureEvents(process, scale)),
    })),
  },
  {
    name: "a client's first message",
    unit: "µs",
    subjects: rows.map(([name, program, client]) => ({
      name,
      program,
      measure: (server) =>
        withClient(server, client, async (process) => ({
          value: (await process.command("first")) as number,
        })),
    })),
  },
];
