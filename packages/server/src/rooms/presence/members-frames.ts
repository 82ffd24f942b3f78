import type { Message } from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import type { MemberChanges } from "./member-table.ts";

/** How many members a frame has. */
const pageSize = 100;

/** Writes the frames for a client that have the changes of a room, or, with `self`, all its members. */
export function membersFrames(
  room: string,
  { here, gone }: MemberChanges,
  self?: string,
): readonly Message[] {
  const pages = Math.max(1, Math.ceil(here.length / pageSize));
  return Array.from({ length: pages }, (_, page) =>
    jsonFrames.write({
      t: "members",
      room,
      here: here.slice(page * pageSize, (page + 1) * pageSize),
      ...(page === 0 && self !== undefined && { self }),
      ...(page === 0 && gone.length > 0 && { gone }),
      ...(page < pages - 1 && { more: true }),
    }),
  );
}
