/** What a store does without a server. */
import type { BenchServer } from "../../run/bench-server.ts";
import type { Load, Work } from "../../run/work.ts";
import type { StoreSubject } from "./subjects.ts";

/** A turn lasts for so many ms, however busy the process is: half of them with commits in flight, then one at a time. */
function driveCommits(server: BenchServer): Load {
  return {
    async turn(ms) {
      const before = await server.measure();
      const start = performance.now();
      const { count, seconds } = (await server.command("pipelined", ms / 2)) as {
        readonly count: number;
        readonly seconds: number;
      };
      const cpu = (await server.measure()).cpu - before.cpu;
      const serverLoad = cpu / 1_000 / (performance.now() - start);
      const p50 = (await server.command("lockstep", ms / 2)) as number;
      return { value: count / seconds, p50, serverLoad, more: { "CPU µs a commit": cpu / count } };
    },
    stop() {},
  };
}

/** Steps of 50 sessions, 16 in flight of each; then one at a time, whose time is `p50`. */
export function commitsWork(stores: readonly StoreSubject[]): Work {
  return {
    name: "commits of a store alone",
    unit: "commits a second",
    subjects: stores.map(({ name, env }) => ({
      name,
      program: "store-commits",
      env,
      drive: (server) => Promise.resolve(driveCommits(server)),
    })),
  };
}
