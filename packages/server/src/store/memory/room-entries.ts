/** The entries of a room: which of them exceed what it retains, and which a reader gets. */
import type { Retention, RoomEntry, RoomPart, RoomPosition, RoomSelection } from "../room-log.ts";
import type { RoomUpdate } from "./store-update.ts";

/** How many of the oldest entries an update drops. */
export function countDropped(
  entries: readonly RoomEntry[],
  { dropUpTo, keep, entries: added }: RoomUpdate,
  bytes: number,
): number {
  if (dropUpTo !== undefined) return entries.findLastIndex(({ offset }) => offset <= dropUpTo) + 1;
  const newest = added?.at(-1);
  if (keep === undefined || newest === undefined) return 0;
  const tooLarge = countTooLarge(entries, keep, bytes);
  return Math.max(entries.length - keep.messages, countExpired(entries, keep, newest.at), tooLarge);
}

/** How many of the oldest entries are too much when all have so many bytes. */
function countTooLarge(
  entries: readonly RoomEntry[],
  { bytes: max = Infinity }: Retention,
  bytes: number,
): number {
  let count = 0;
  for (let rest = bytes; rest > max && count < entries.length - 1; count += 1)
    rest -= entries[count]?.data.length ?? 0;
  return count;
}

/** How many of the oldest entries are too old at `now`. */
export function countExpired(entries: readonly RoomEntry[], { ms }: Retention, now: number): number {
  const firstKept = entries.findIndex(({ at }) => at > now - ms);
  return firstKept < 0 ? entries.length : firstKept;
}

/** What `RoomLog.read` returns for a room with these entries. */
export function readPart(
  { epoch, offset }: RoomPosition,
  entries: readonly RoomEntry[],
  from: RoomPosition | RoomSelection,
  most: number,
): RoomPart {
  if (!("epoch" in from)) {
    const first = firstSelected(entries, from);
    return { epoch, offset, entries: entries.slice(first, first + most) };
  }
  const oldest = entries[0]?.previous ?? offset;
  if (from.epoch !== epoch || from.offset > offset)
    return { epoch, offset, gap: { from: from.offset, to: offset }, entries: [] };
  if (from.offset < oldest)
    return { epoch, offset, gap: { from: from.offset, to: oldest }, entries: entries.slice(0, most) };
  const start = from.offset - oldest; // this table gives offsets without holes
  return { epoch, offset, entries: entries.slice(start, start + most) };
}

/** The index of the first entry that a selection chooses. */
function firstSelected(
  entries: readonly RoomEntry[],
  { last = Infinity, since = -Infinity, until = Infinity }: RoomSelection,
): number {
  const later = entries.findIndex(({ at }) => at >= until);
  const end = later < 0 ? entries.length : later;
  const oldest = Math.max(0, end - last);
  const first = entries.slice(oldest, end).findIndex(({ at }) => at > since);
  return first < 0 ? end : oldest + first;
}
