import { parseArgs } from "node:util";
import type { ProcessFault } from "./process-faults.ts";

/** The settings of a run. */
export interface Settings {
  readonly seconds: number;
  readonly clients: number;
  readonly seed: number;
  /** The faults of the server process. With `kill` its sessions are in files. */
  readonly processFaults: readonly ProcessFault[];
  /** Whether connections break. */
  readonly faults: boolean;
}

const options = {
  seconds: { type: "string", default: "60" },
  clients: { type: "string", default: "50" },
  seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 32)) },
  kill: { type: "boolean", default: false },
  pause: { type: "boolean", default: false },
  faults: { type: "boolean", default: false },
} as const;

/**
 * Reads the settings from the command line. Connections break with `--faults`, and without any fault option.
 * @throws TypeError for an unknown option, RangeError for a value that is not a whole number
 */
export function settingsOf(args: readonly string[]): Settings {
  const { seconds, clients, seed, kill, pause, faults } = parseArgs({ args: [...args], options }).values;
  const processFaults = [...(kill ? ["kill" as const] : []), ...(pause ? ["pause" as const] : [])];
  return {
    seconds: wholeNumber("seconds", seconds),
    clients: wholeNumber("clients", clients),
    seed: wholeNumber("seed", seed),
    processFaults,
    faults: faults || processFaults.length === 0,
  };
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new RangeError(`--${name} must be a whole number, not ${JSON.stringify(text)}`);
  return number;
}
