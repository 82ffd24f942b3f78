import type { MemberPosition } from "@symbolon/protocol/internal";
import type { Retention, RoomLog, RoomPosition } from "../store/room-log.ts";
import type { RoomArrivals } from "./room-arrivals.ts";
import type { RoomProofs } from "./room-proofs.ts";

/** Where a member of a room begins. */
export interface MemberStart extends RoomPosition {
  /** The offset before the first message that the member may receive. */
  readonly from: number;
  /** The client's membership in the room, as the log numbers it. */
  readonly membership: number;
}

/** A client that joins a room. */
export interface Joining {
  readonly log: RoomLog;
  readonly proofs: RoomProofs;
  /** The room's name in the log. */
  readonly room: string;
  /** Names the client in proofs; undefined for a client without a session, which proves nothing. */
  readonly member: string | undefined;
  /** The account of the client, for which the room begins if it does not exist. */
  readonly account: string;
  /** What the client says about an earlier session of its. */
  readonly earlier: MemberPosition | undefined;
  /** When the client joins, in ms since 1970. */
  readonly at: number;
  /** The messages that a new member receives. */
  readonly keep: Retention;
}

/**
 * Makes the function that finds where a member begins: where it was before, if it proves that; else where the room is now,
 * or before the messages that the room keeps. If the first attempt fails, the next one includes the messages sent since then,
 * which a room that remembers nothing has in `arrivals` alone.
 */
export function createStartFinder(joining: Joining): (arrivals?: RoomArrivals) => Promise<MemberStart> {
  const { log, proofs, room, member, earlier } = joining;
  let attempts = 0;
  return async (arrivals) => {
    attempts += 1;
    // The log is asked both at once: the member receives what is appended from now on.
    const [membership, newStart] = await Promise.all([
      member === undefined ? 0 : log.membership(room, member),
      findNewMemberStart(joining, attempts > 1, arrivals),
      member === undefined ? undefined : proofs.load(),
    ]);
    if (earlier !== undefined && member !== undefined) {
      const [, epoch, offset, from, proof] = earlier;
      const isProven = proofs.matches(proof, { room, epoch, from, member, membership });
      if (isProven && offset >= from) return { epoch, offset, from, membership };
    }
    return { ...newStart, from: newStart.offset, membership };
  };
}

async function findNewMemberStart(
  { log, room, account, at, keep: { messages, ms } }: Joining,
  isRetry: boolean,
  arrivals: RoomArrivals | undefined,
): Promise<RoomPosition> {
  if (!isRetry && messages === 0) return log.position(room, account);
  const selection = { last: messages, since: at - ms, until: isRetry ? at : undefined };
  const { epoch, offset, entries } = await log.read(room, selection, 1, account);
  const arrived = isRetry ? arrivals?.offsetBefore(at, epoch) : undefined;
  return { epoch, offset: entries[0]?.previous ?? arrived ?? offset };
}
