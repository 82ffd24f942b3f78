import { parseArgs } from "node:util";
import type { Trouble } from "./process-faults.ts";

/** What a run is made of. */
export interface Settings {
  readonly seconds: number;
  readonly clients: number;
  readonly seed: number;
  /** What happens to the server. With `kill` its sessions are in files. */
  readonly troubles: readonly Trouble[];
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

/** Reads them from the command line; connections break when nothing else was asked for. Throws what `parseArgs` throws, and RangeError. */
export function settingsOf(args: readonly string[]): Settings {
  const { seconds, clients, seed, kill, pause, faults } = parseArgs({ args: [...args], options }).values;
  const troubles = [...(kill ? ["kill" as const] : []), ...(pause ? ["pause" as const] : [])];
  return {
    seconds: whole("seconds", seconds),
    clients: whole("clients", clients),
    seed: whole("seed", seed),
    troubles,
    faults: faults || troubles.length === 0,
  };
}

function whole(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new RangeError(`--${name} is a whole number, not ${JSON.stringify(text)}`);
  return number;
}
