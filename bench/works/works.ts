/** Everything that the bench can measure. */
import type { Settings } from "../options.ts";
import type { Work } from "../run/work.ts";
import { connectWork, resumeWork } from "./connect.ts";
import { echoWorks } from "./echo.ts";
import { fanOutWorks } from "./fan-out.ts";
import { idleWork } from "./idle.ts";
import { latencyWork } from "./latency.ts";
import { pausedReaderWork } from "./paused-reader.ts";
import { sendsWork } from "./sends.ts";

const works: readonly Work[] = [
  ...echoWorks,
  ...fanOutWorks,
  idleWork,
  connectWork,
  resumeWork,
  sendsWork,
  pausedReaderWork,
  latencyWork,
];

/** The works that a run measures, each with the servers that it measures. */
export function selectWorks({ only, servers, quick }: Settings): Work[] {
  return works
    .filter(({ name, long = false }) => (only.length === 0 ? !(quick && long) : includesOne(name, only)))
    .map((work) => {
      const [base = "", ...others] = work.subjects.map(({ name }) => name);
      const kept = new Set([
        base,
        ...others.filter((name) => servers.length === 0 || includesOne(name, servers)),
      ]);
      return { ...work, subjects: work.subjects.filter(({ name }) => kept.has(name)) };
    });
}

function includesOne(name: string, parts: readonly string[]): boolean {
  return parts.some((part) => name.toLowerCase().includes(part.toLowerCase()));
}
