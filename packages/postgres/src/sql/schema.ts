import { roomLists } from "./room-lists.ts";
import { rooms } from "./rooms.ts";
import { run } from "./run.ts";
import { sessionLists } from "./session-lists.ts";
import { sessions } from "./sessions.ts";
import { tables } from "./tables.ts";
import { tickets } from "./tickets.ts";

/** The version of the tables and functions, as in `meta.version`. It grows with every change of them. */
export const schemaVersion = 1;

/** Makes the tables and functions in an empty schema, which is the first one of the search path. */
export const schemaSource: string = [tables, sessions, sessionLists, rooms, roomLists, tickets, run].join(
  "\n",
);
