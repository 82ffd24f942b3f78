/** Which entries of a room exceed what it retains. */
import type { Retention, RoomEntry } from "../room-log.ts";
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
