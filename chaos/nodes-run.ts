import { join } from "node:path";
import { SeededRandom } from "../sim/virtual/seeded-random.ts";
import { ClientFleet } from "./client-fleet.ts";
import type { Repeat } from "./handler-check.ts";
import { checkLog, type LoggedError } from "./handler-log.ts";
import { disturbNodes, type PastFault } from "./node-faults.ts";
import { Nodes } from "./nodes.ts";
import type { Settings } from "./options.ts";
import { Counts, type Results } from "./report.ts";
import { resultsOf } from "./results.ts";

/** How long the clients may take to settle after the last fault, in ms. A client waits up to 30 s between its tries. */
export const settleTimeout = 60_000;

/** How long after a restart of Redis the nodes may still report that they were not connected to it, in ms. */
const reconnectTime = 3_000;

/** Connects clients to several nodes that share one Redis, disturbs these, and checks which messages arrived. */
export async function runNodes(settings: Settings, directory: string): Promise<Results> {
  const { seconds, clients, seed, nodes: count, grace, healthChecks, nodeFaults } = settings;
  const slowdown = Math.max(1, clients / 60);
  const handlerLog = join(directory, "handler-log");
  const nodes = await Nodes.start({
    count,
    healthChecks,
    env: { HANDLER_LOG: handlerLog, SLOWDOWN: String(slowdown), GRACE: String(grace) },
  });
  try {
    const counts = new Counts();
    const past: PastFault[] = [];
    const fleet = await ClientFleet.open({
      ...settings,
      port: nodes.port,
      slowdown,
      fromLoss: true,
      onFault: (fault) => counts.add(fault),
    });
    fleet.start();
    await disturbNodes(nodes, AbortSignal.timeout(seconds * 1_000), {
      random: new SeededRandom(seed, "node faults"),
      faults: nodeFaults,
      onFault(fault) {
        counts.add(fault.fault);
        past.push(fault);
        for (const { inbound } of fleet.clients) inbound.startPause(fault.fault, fault.pid);
      },
    });
    const late = await fleet.end(settleTimeout);
    await nodes.stop();

    const findings = await checkLog(handlerLog, nodes.interruptions, fleet.sent);
    return resultsOf(fleet, findings, {
      title: `chaos on ${count} nodes: ${clients} clients, ${seconds} s, grace ${grace / 1_000} s, seed ${seed}${healthChecks ? ", health checks" : ""}`,
      faults: counts,
      recovery: "from the client's loss to the first message after it",
      recoveries: fleet.clients.flatMap(({ inbound }) => inbound.recoveries),
      pauses: fleet.clients.flatMap(({ inbound }) => inbound.pauses),
      failures: [
        ...late,
        ...nodes.problems,
        ...repeatLines(findings.wronglyRepeated, past),
        ...findings.storeErrors
          .filter((error) => !isExpected(error, past))
          .map(({ text }) => `store: ${text}`),
      ],
    });
  } finally {
    await nodes.stop();
  }
}

/** Whether a node reports that Redis was away when it was. */
function isExpected({ at }: LoggedError, past: readonly PastFault[]): boolean {
  return past.some(({ fault, from, to }) => fault === "Redis" && from <= at && at <= to + reconnectTime);
}

/** The handlers that were called again though they were not in progress at a SIGKILL or SIGSTOP: how many after each fault, with an example. */
function repeatLines(repeats: readonly Repeat[], past: readonly PastFault[]): readonly string[] {
  const byFault = new Map<string, Repeat[]>();
  for (const repeat of repeats) {
    const cause = causeOf(repeat, past);
    byFault.set(cause, [...(byFault.get(cause) ?? []), repeat]);
  }
  return Array.from(byFault, ([cause, [example, ...others]]) => {
    if (example === undefined) return cause;
    const { of, first, again } = example;
    return `${others.length + 1} handlers called again ${cause}, as ${of}: by ${first.pid} at ${first.at}, by ${again.pid} at ${again.at}`;
  });
}

/** The newest fault that the two calls of a handler have in common. */
function causeOf({ first, again }: Repeat, past: readonly PastFault[]): string {
  const cause = past.findLast(
    ({ pid, from }) =>
      from <= Math.max(first.at, again.at) && (pid === undefined || pid === first.pid || pid === again.pid),
  );
  return cause === undefined
    ? "without a fault"
    : `after a ${cause.fault} of ${cause.pid ?? "it"} at ${cause.from}`;
}
