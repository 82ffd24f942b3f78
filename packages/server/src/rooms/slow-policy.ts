import type { RoomEntry } from "../store/room-log.ts";
import type { RoomEncoder } from "./room-encoder.ts";

/** Gives the key of an event: a newer event replaces older ones of its key. Without a key an event is always sent. */
export type ConflateKey = (name: string, data: unknown) => unknown;

/** What happens to a member whose connection takes no more messages. */
export type SlowPolicy = "pause" | "disconnect" | { readonly conflate: ConflateKey };

/** What a slow member receives of these messages; it skips the others. */
export function newestOfEachKey(
  entries: readonly RoomEntry[],
  encoder: RoomEncoder,
  conflate: ConflateKey,
): readonly RoomEntry[] {
  const keys = entries.map((entry) => {
    const { name, data } = encoder.decode(entry);
    return conflate(name, data);
  });
  const newest = new Map(keys.map((key, index) => [key, index]));
  return entries.filter((_, index) => keys[index] === undefined || newest.get(keys[index]) === index);
}
