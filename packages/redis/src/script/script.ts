import { createHash } from "node:crypto";
import { scriptBegin, scriptEnd } from "./begin.ts";
import { roomOperations } from "./rooms.ts";
import { sessionOperations } from "./sessions.ts";
import { ticketOperations } from "./tickets.ts";

/** A script for Redis. */
export interface Script {
  /** The source, in Lua. */
  readonly source: string;
  /** The SHA-1 digest of the source, by which Redis knows a script that it has run. */
  readonly digest: string;
}

const operations = [scriptBegin, roomOperations, sessionOperations, ticketOperations, scriptEnd].join("\n");

/** The script for operations that may need more memory: a Redis that is full refuses it as a whole. */
export const growingScript: Script = scriptOf("#!lua");
/** The same script for all other operations, which a Redis that is full runs too. */
export const freeingScript: Script = scriptOf("#!lua flags=allow-oom");

function scriptOf(firstLine: string): Script {
  const source = `${firstLine}\n${operations}`;
  return { source, digest: createHash("sha1").update(source).digest("hex") };
}
