import { roomListFunctions } from "./room-lists.ts";
import { roomFunctions } from "./rooms.ts";
import { runFunctions } from "./run.ts";
import { sessionListFunctions } from "./session-lists.ts";
import { sessionFunctions } from "./sessions.ts";
import { tables } from "./tables.ts";
import { ticketFunctions } from "./tickets.ts";

/** The version of the tables and functions, as in `meta.version`. It grows with every change of them. */
export const schemaVersion = 1;

/** Makes the tables and functions in an empty schema, which is the first one of the search path. */
export const schemaSource: string = [
  tables,
  `insert into meta (version) values (${schemaVersion});`,
  sessionFunctions,
  sessionListFunctions,
  roomFunctions,
  roomListFunctions,
  ticketFunctions,
  runFunctions,
].join("\n");
