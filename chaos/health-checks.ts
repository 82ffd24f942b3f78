import { setTimeout } from "node:timers/promises";

/** What is checked. */
export interface CheckedNode {
  readonly port: number;
  /** Receives whether the node answers. */
  readonly onChecked: (isHealthy: boolean) => void;
}

/** How often a node is asked, and how long it may take to answer, in ms. */
const [interval, timeout] = [500, 1_000];

/** Asks each node again and again by HTTP whether it answers, as a balancer does, until `signal` aborts. */
export async function checkHealth(nodes: readonly CheckedNode[], signal: AbortSignal): Promise<void> {
  await Promise.all(
    nodes.map(async ({ port, onChecked }) => {
      while (!signal.aborted) {
        onChecked(await answers(port));
        await setTimeout(interval, undefined, { signal }).catch(() => {});
      }
    }),
  );
}

/** Any answer will do: the server has no HTTP route. */
async function answers(port: number): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(timeout) });
    return true;
  } catch {
    return false;
  }
}
