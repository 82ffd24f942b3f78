import { parseArgs } from "node:util";

/** What a run of the bench does. */
export interface Settings {
  /** How often each server is measured; the servers take turns. */
  readonly rounds: number;
  /** Measures less, and shorter: for a CI that prints it. */
  readonly quick: boolean;
  /** Measures stores and several nodes, instead of our server beside its peers. */
  readonly stores: boolean;
  /** Parts of the names of works; the others do not run. Empty: all run. */
  readonly only: readonly string[];
  /** Parts of the names of servers; the others, except `ws`, do not run. Empty: all run. */
  readonly servers: readonly string[];
  /** The file that keeps the results, as JSON. */
  readonly json: string | undefined;
  /** The file with earlier results, to compare with. */
  readonly compare: string | undefined;
  /** The folder that receives a CPU profile of each server, for the developer tools of Chromium. */
  readonly profile: string | undefined;
  /** Whether docs/performance.md is written. */
  readonly write: boolean;
}

const options = {
  rounds: { type: "string" },
  quick: { type: "boolean", default: false },
  stores: { type: "boolean", default: false },
  only: { type: "string", multiple: true, default: [] as string[] },
  server: { type: "string", multiple: true, default: [] as string[] },
  json: { type: "string" },
  compare: { type: "string" },
  profile: { type: "string" },
  write: { type: "boolean", default: false },
} as const;

/**
 * Reads the settings from the command line.
 * @throws TypeError for an unknown option, RangeError for an invalid number of rounds.
 */
export function settingsOf(args: readonly string[]): Settings {
  const {
    server,
    rounds: text,
    json,
    compare,
    profile,
    ...rest
  } = parseArgs({ args: [...args], options }).values;
  const rounds = Number(text ?? (rest.quick ? 1 : 3));
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new RangeError(`--rounds must be a whole number above 0, not ${JSON.stringify(text)}`);
  return { ...rest, rounds, servers: server, json, compare, profile };
}
