import { parseArgs } from "node:util";
import { type NodeFault, nodeFaults } from "./node-faults.ts";
import type { ProcessFault } from "./process-faults.ts";

/** The settings of a run. */
export interface Settings {
  readonly seconds: number;
  readonly clients: number;
  readonly seed: number;
  /** How long a session waits for its client, in ms. */
  readonly grace: number;
  /** How many server processes share one Redis; 0 for one server without it. */
  readonly nodes: number;
  /** Whether the balancer in front of the nodes checks which of them answer. */
  readonly healthChecks: boolean;
  /** The faults of the nodes. */
  readonly nodeFaults: readonly NodeFault[];
  /** The faults of one server. With `kill` its sessions are in files. */
  readonly processFaults: readonly ProcessFault[];
  /** Whether connections break. */
  readonly faults: boolean;
}

const options = {
  seconds: { type: "string", default: "60" },
  clients: { type: "string" },
  seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 32)) },
  grace: { type: "string", default: "3600" },
  nodes: { type: "string", default: "0" },
  "health-checks": { type: "boolean", default: false },
  only: { type: "string", multiple: true },
  kill: { type: "boolean", default: false },
  pause: { type: "boolean", default: false },
  faults: { type: "boolean", default: false },
} as const;

/**
 * Reads the settings from the command line. Connections break with `--faults`, and without any fault option.
 * @throws TypeError for an unknown option or a fault that nodes do not have, RangeError for a value that is not a whole number
 */
export function settingsOf(args: readonly string[]): Settings {
  const { values } = parseArgs({ args: [...args], options });
  const { seconds, seed, grace, only, kill, pause, faults } = values;
  const nodes = wholeNumber("nodes", values.nodes);
  const processFaults = [...(kill ? ["kill" as const] : []), ...(pause ? ["pause" as const] : [])];
  if (nodes > 0 && processFaults.length > 0)
    throw new TypeError("nodes have their own faults: instead of --kill, use --only SIGKILL");
  return {
    seconds: wholeNumber("seconds", seconds),
    clients: wholeNumber("clients", values.clients ?? (nodes > 0 ? "60" : "50")),
    seed: wholeNumber("seed", seed),
    grace: wholeNumber("grace", grace) * 1_000,
    nodes,
    healthChecks: values["health-checks"],
    nodeFaults: (only ?? nodeFaults).map(nodeFault),
    processFaults,
    faults: faults || (processFaults.length === 0 && nodes === 0),
  };
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new RangeError(`--${name} must be a whole number, not ${JSON.stringify(text)}`);
  return number;
}

function nodeFault(text: string): NodeFault {
  const fault = nodeFaults.find((each) => each === text);
  if (fault === undefined) throw new TypeError(`--only must be one of ${nodeFaults.join(", ")}, not ${text}`);
  return fault;
}
