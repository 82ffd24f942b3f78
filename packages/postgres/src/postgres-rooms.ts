import type { RoomLog, RoomPart, RoomPosition, RoomSelection } from "@symbolon/server/store";
import type { BatchedCalls } from "./calls/batched-calls.ts";
import { decodeEntry, encodeAppend, type ListedEntry } from "./entries.ts";
import type { News } from "./news.ts";
import { encodeNumber, encodeText, type Json } from "./values.ts";

/** What the rooms of a store need. */
export interface PostgresRoomsOptions {
  readonly calls: BatchedCalls;
  readonly news: News;
}

/** How many rooms one call changes at most: other calls wait for it. */
const callSize = 200;

/** The rooms of a store in PostgreSQL. */
export function postgresRooms({ calls, news }: PostgresRoomsOptions): RoomLog {
  return {
    append: async (room, message, keep) => {
      const reply = await calls.call("append", encodeAppend({ room, message, keep }), {
        isNumbered: true,
        grows: true,
        rooms: [encodeText(room)],
      });
      news.announce([room], false);
      const [offset, previous] = reply as [number, number];
      return { offset, previous };
    },
    read: async (room, from, most) => {
      const args = { room: encodeText(room), most, ...fromArguments(from) };
      return roomPart(from, (await calls.call("read", args, { grows: true })) as ReadReply);
    },
    position: async (room) => {
      const reply = await calls.call("position", { room: encodeText(room) }, { grows: true });
      const [epoch, offset] = reply as [string, number];
      return { epoch, offset };
    },
    membership: async (room, member) => {
      const args = { room: encodeText(room), member: encodeText(member) };
      return (await calls.call("membership", args)) as number;
    },
    endMembership: async (room, member) => {
      const args = { room: encodeText(room), member: encodeText(member) };
      const rooms = [encodeText(room)];
      await calls.call("end_membership", args, { isNumbered: true, grows: true, rooms });
    },
    watch: (room, watcher) => news.watchRoom(room, watcher),
    sweep: async (now, idle) => {
      await touchRooms(calls, news, now);
      const args = { now: encodeNumber(now), idle: encodeNumber(idle), most: callSize };
      while ((await calls.call("sweep_rooms", args)) === true);
    },
  };
}

/** The rooms that this process watches are in use at `now`, in ms since 1970. */
export async function touchRooms(calls: BatchedCalls, news: News, now: number): Promise<void> {
  const names = news.watchedRooms;
  for (let start = 0; start < names.length; start += callSize) {
    const rooms = names.slice(start, start + callSize).map(encodeText);
    await calls.call("touch", { now: encodeNumber(now), rooms });
  }
}

function fromArguments(from: RoomPosition | RoomSelection): { readonly [name: string]: Json } {
  if ("epoch" in from) return { epoch: encodeText(from.epoch), offset: from.offset };
  const { last = Infinity, since = -Infinity, until = Infinity } = from;
  return { last: encodeNumber(last), since: encodeNumber(since), until: encodeNumber(until) };
}

type ReadReply = readonly [
  epoch: string,
  offset: number,
  gapTo: number | null,
  entries: readonly ListedEntry[],
];

function roomPart(from: RoomPosition | RoomSelection, reply: ReadReply): RoomPart {
  const [epoch, offset, gapTo, entries] = reply;
  const gap = gapTo !== null && "epoch" in from && { gap: { from: from.offset, to: gapTo } };
  return { epoch, offset, ...gap, entries: entries.map(decodeEntry) };
}
