import type {
  RoomAppend,
  RoomEntry,
  RoomLog,
  RoomMessage,
  RoomPart,
  RoomPosition,
  RoomSelection,
} from "@symbolon/server/store";
import type { CallKind, OrderedCalls } from "./calls/ordered-calls.ts";
import type { Subscriptions } from "./subscriptions.ts";
import { decodeMessage, encodeMessage } from "./values.ts";
import type { WatchedRooms } from "./watched-rooms.ts";

/** What the rooms of a store need. */
export interface RedisRoomsOptions {
  readonly calls: OrderedCalls;
  readonly subscriptions: Subscriptions;
  readonly watched: WatchedRooms;
  /** What all keys and channels of the app begin with. */
  readonly prefix: string;
}

const once: CallKind = { isNumbered: true, grows: true };
const mayBegin: CallKind = { grows: true };

/** The rooms of a store in Redis. */
export function redisRooms({ calls, subscriptions, watched, prefix }: RedisRoomsOptions): RoomLog {
  return {
    append: async (room, message, keep) => {
      const reply = (await calls.call("append", appendArguments({ room, message, keep }), once)) as string;
      const [offset, previous] = reply.split(" ").map(Number) as [number, number];
      return { offset, previous };
    },
    read: async (room, from, most) => {
      const reply = await calls.call("read", [room, most, ...fromArguments(from)], mayBegin);
      return roomPart(from, reply as ReadReply);
    },
    position: async (room) => {
      const [epoch, offset] = (await calls.call("position", [room], mayBegin)) as [string, string];
      return { epoch, offset: Number(offset) };
    },
    membership: async (room, member) => Number(await calls.call("membership", [room, member])),
    endMembership: async (room, member) => {
      await calls.call("endMembership", [room, member], once);
    },
    watch: (room, watcher) => {
      const unwatch = watched.add(room, watcher);
      const subscription = subscriptions.add(`${prefix}room:${room}`, {
        receive: (message) => {
          const { entry, epoch } = publishedEntry(message);
          watched.received(room, epoch, entry.offset);
          watcher.receive(entry, epoch);
        },
        missed: () => watcher.missed(),
      });
      const { ready } = subscription;
      ready.then(() => watched.begin(room), unwatch).catch(() => {}); // the first check begins then
      return {
        ready,
        stop: () => {
          unwatch();
          subscription.stop();
        },
      };
    },
    sweep: async (now, idle) => {
      await watched.check(now);
      while ((await calls.call("sweepRooms", [now, finite(idle)])) === 1);
    },
  };
}

/** The arguments of an append, of one call or as part of a commit. */
export function appendArguments({ room, message, keep }: RoomAppend): readonly (string | number)[] {
  const { messages, ms, bytes = Infinity } = keep;
  const { at, data } = message;
  return [room, finite(messages), finite(ms), finite(bytes), at, data.length, encodeEntry(message)];
}

/** A number as Lua reads it. */
function finite(value: number): string | number {
  if (Number.isFinite(value)) return value;
  return value > 0 ? "1e999" : "-1e999";
}

function encodeEntry({ name, data, except, account }: RoomMessage): string {
  return `${JSON.stringify([name, except ?? null, account ?? null])}\n${encodeMessage(data)}`;
}

/** The message of `<at>:<size>:<entry>`, at the place that follows `previous`. */
function decodeEntry(text: string, previous: number): RoomEntry {
  const atEnd = text.indexOf(":");
  const start = text.indexOf(":", atEnd + 1) + 1;
  const headerEnd = text.indexOf("\n", start);
  const [name, except, account] = JSON.parse(text.slice(start, headerEnd)) as [
    string,
    string | null,
    string | null,
  ];
  return {
    offset: previous + 1,
    previous,
    name,
    data: decodeMessage(text.slice(headerEnd + 1)),
    at: Number(text.slice(0, atEnd)),
    ...(except !== null && { except }),
    ...(account !== null && { account }),
  };
}

/** The message that was published as `<epoch> <offset> <previous> <message>`. */
function publishedEntry(text: string): { readonly entry: RoomEntry; readonly epoch: string } {
  const epochEnd = text.indexOf(" ");
  const offsetEnd = text.indexOf(" ", epochEnd + 1);
  const previousEnd = text.indexOf(" ", offsetEnd + 1);
  const previous = Number(text.slice(offsetEnd + 1, previousEnd));
  return { entry: decodeEntry(text.slice(previousEnd + 1), previous), epoch: text.slice(0, epochEnd) };
}

function fromArguments(from: RoomPosition | RoomSelection): readonly (string | number)[] {
  if ("epoch" in from) return ["position", from.epoch, from.offset];
  const { last = Infinity, since = -Infinity, until = Infinity } = from;
  return ["selection", ...[last, since, until].map(finite)];
}

type ReadReply = readonly [
  epoch: string,
  offset: string,
  first: string,
  entries: readonly string[],
  gapTo: string | null,
];

function roomPart(from: RoomPosition | RoomSelection, reply: ReadReply): RoomPart {
  const [epoch, offset, first, entries, gapTo] = reply;
  const gap = gapTo !== null && "epoch" in from && { gap: { from: from.offset, to: Number(gapTo) } };
  return {
    epoch,
    offset: Number(offset),
    ...gap,
    entries: entries.map((entry, index) => decodeEntry(entry, Number(first) + index - 1)),
  };
}
