import type { ClientFleet } from "./client-fleet.ts";
import type { Findings } from "./handler-log.ts";
import type { Results } from "./report.ts";

/** What a run knows besides its clients and its log. */
type RunResults = Pick<Results, "title" | "faults" | "recovery" | "recoveries" | "failures"> & {
  /** By which fault each pause was caused. @default none */
  readonly pauses?: Results["pauses"];
};

/** The results of a run whose clients and servers have ended. */
export function resultsOf(
  fleet: ClientFleet,
  findings: Findings,
  { failures, pauses = [], ...run }: RunResults,
): Results {
  return {
    ...run,
    pauses,
    handled: { server: findings.handled, clients: fleet.sum(({ inbound }) => inbound.received) },
    verdicts: { server: findings.verdicts, clients: fleet.verdicts },
    resets: fleet.sum(({ resets }) => resets),
    repeated: findings.repeated,
    interrupted: fleet.sum(({ inbound }) => inbound.interrupted),
    detections: fleet.clients.flatMap(({ inbound }) => inbound.detections),
    failures: [
      ...failures,
      ...fleet.clients.flatMap((client) => client.failures.map((failure) => `${client.name}: ${failure}`)),
      ...findings.errors.map(({ text }) => text),
    ],
  };
}
