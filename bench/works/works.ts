/** Everything that the bench can measure. */
import type { Settings } from "../options.ts";
import { isInstalled } from "../run/foreign-process.ts";
import type { Work } from "../run/work.ts";
import { isBudgeted } from "../report/budgets.ts";
import { clientWorks } from "./client.ts";
import { connectWork, resumeWork } from "./connect.ts";
import { echoWorks } from "./echo.ts";
import { fanOutWorks } from "./fan-out.ts";
import { growthWork } from "./growth.ts";
import { idleWork } from "./idle.ts";
import { latencyWork } from "./latency.ts";
import { pageBytesWork } from "./page-bytes.ts";
import { pausedReaderWork } from "./paused-reader.ts";
import { sendsWork } from "./sends.ts";

/** The works that compare our server with its peers. */
export const peerWorks: readonly Work[] = [
  ...echoWorks,
  ...fanOutWorks,
  idleWork,
  connectWork,
  resumeWork,
  sendsWork,
  pausedReaderWork,
  latencyWork,
  growthWork,
  ...clientWorks,
  pageBytesWork,
];

/** The programs that this machine cannot run. */
export function missingPrograms(): string[] {
  const programs = new Set(peerWorks.flatMap(({ subjects }) => subjects.map(({ program }) => program)));
  return [...programs].filter((program) => !isInstalled(program));
}

/** The works of these that a run measures, each with the servers that it measures. */
export function selectWorks(works: readonly Work[], { only, servers, quick }: Settings): Work[] {
  const missing = new Set(missingPrograms());
  return works
    .filter(({ name, long = false }) => (only.length === 0 ? !(quick && long) : includesOne(name, only)))
    .map((work) => {
      const [base = "", ...others] = work.subjects.map(({ name }) => name);
      const isKept = (name: string): boolean =>
        servers.length > 0
          ? includesOne(name, servers)
          : !(quick && isBudgeted(work.name)) || isBudgeted(work.name, name);
      const kept = new Set([base, ...others.filter(isKept)]);
      const subjects = work.subjects.filter(({ name, program }) => kept.has(name) && !missing.has(program));
      return { ...work, subjects };
    });
}

function includesOne(name: string, parts: readonly string[]): boolean {
  return parts.some((part) => name.toLowerCase().includes(part.toLowerCase()));
}
