import { setTimeout } from "node:timers/promises";
import type { SeededRandom } from "../sim/virtual/seeded-random.ts";
import type { Nodes } from "./nodes.ts";

/**
 * The faults of nodes. `SIGKILL` and `SIGTERM` end a node, and it is started again; `SIGSTOP` stops it for 12 s; `Redis` is
 * killed, and started again on its append-only file.
 */
export const nodeFaults = ["SIGKILL", "SIGTERM", "SIGSTOP", "Redis"] as const;

/** A fault of a node, or of their Redis. */
export type NodeFault = (typeof nodeFaults)[number];

/** A fault that has happened. */
export interface PastFault {
  readonly fault: NodeFault;
  /** The process that it was done to; undefined for Redis. */
  readonly pid: number | undefined;
  /** When it began, in ms since 1970. */
  readonly from: number;
  /** When everything ran again, in ms since 1970; Infinity before that. */
  to: number;
}

/** The faults of nodes, as a run draws them. */
export interface NodeFaultOptions {
  readonly random: SeededRandom;
  /** The faults to draw from. */
  readonly faults: readonly NodeFault[];
  /** Called when a fault begins. */
  readonly onFault: (fault: PastFault) => void;
}

/** How long a node is stopped, in ms: shorter than its lease of 15 s. */
const stopTime = 12_000;

/** Disturbs nodes every few seconds until `signal` aborts; everything runs when it resolves. Each fault occurs as often as the others. */
export async function disturbNodes(
  nodes: Nodes,
  signal: AbortSignal,
  { random, faults, onFault }: NodeFaultOptions,
): Promise<void> {
  for (let left: NodeFault[] = []; ;) {
    await setTimeout(random.between(2_000, 5_000), undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    if (left.length === 0) left = [...faults];
    const fault = random.pick(left);
    left.splice(left.indexOf(fault), 1);
    const node = random.pick(nodes.busy);
    const past = { fault, pid: fault === "Redis" ? undefined : node.pid, from: Date.now(), to: Infinity };
    onFault(past);
    if (fault === "SIGKILL") await nodes.kill(node);
    else if (fault === "SIGTERM") await nodes.terminate(node);
    else if (fault === "Redis") await nodes.restartRedis();
    else {
      nodes.interruptions.stop(node);
      await setTimeout(stopTime);
      node.signal("SIGCONT");
    }
    past.to = Date.now();
  }
}
