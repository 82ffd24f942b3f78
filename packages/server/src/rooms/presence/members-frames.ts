import { jsonFrames } from "@symbolon/protocol/internal";
import type { MemberChanges } from "./member-table.ts";

/** How many members a frame has. */
const pageSize = 100;

/** Writes the frames for clients that have the changes of a room. */
export function membersFrames(room: string, { here, gone }: MemberChanges): readonly string[] {
  const pages = Math.max(1, Math.ceil(here.length / pageSize));
  return Array.from({ length: pages }, (_, page) =>
    String(
      jsonFrames.write({
        t: "members",
        room,
        here: here.slice(page * pageSize, (page + 1) * pageSize),
        ...(page === 0 && gone.length > 0 && { gone }),
        ...(page < pages - 1 && { more: true }),
      }),
    ),
  );
}

/** The frames that have all members of a room, for the member `self`: many clients that come at once share what is written. */
export function allMembersFrames([first = "", ...rest]: readonly string[], self: string): readonly string[] {
  return [`{"self":${JSON.stringify(self)},${first.slice(1)}`, ...rest];
}
