import { createHash } from "node:crypto";
import { begin, end } from "./begin.ts";
import { rooms } from "./rooms.ts";
import { sessions } from "./sessions.ts";
import { tickets } from "./tickets.ts";

/** A script for Redis. */
export interface Script {
  /** The source, in Lua. */
  readonly source: string;
  /** The SHA-1 digest of the source, by which Redis knows a script that it has run. */
  readonly digest: string;
}

const operations = [begin, rooms, sessions, tickets, end].join("\n");

/** The script for operations that may need more memory: a Redis that is full refuses it as a whole. */
export const growingScript: Script = scriptOf("#!lua");
/** The same script for all other operations, which a Redis that is full runs too. */
export const freeingScript: Script = scriptOf("#!lua flags=allow-oom");

function scriptOf(firstLine: string): Script {
  const source = `${firstLine}\n${operations}`;
  return { source, digest: createHash("sha1").update(source).digest("hex") };
}
