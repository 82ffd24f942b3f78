import type {
  RoomAppend,
  RoomEntry,
  RoomLog,
  RoomMessage,
  RoomPart,
  RoomPosition,
  RoomSelection,
} from "@symbolon/server/store";
import type { AccountUsage } from "./account-usage.ts";
import type { CallKind, OrderedCalls } from "./calls/ordered-calls.ts";
import type { Subscriptions } from "./subscriptions.ts";
import { decodeMessage, encodeMessage } from "./values.ts";
import type { WatchedRooms } from "./watched-rooms.ts";

/** What the rooms of a store need. */
export interface RedisRoomsOptions {
  readonly calls: OrderedCalls;
  readonly subscriptions: Subscriptions;
  readonly watched: WatchedRooms;
  readonly usage: AccountUsage;
  /** What all keys and channels of the app begin with. */
  readonly prefix: string;
}

const once: CallKind = { isNumbered: true, grows: true };
const mayBegin: CallKind = { grows: true };

/** The rooms of a store in Redis. */
export function redisRooms(options: RedisRoomsOptions): RoomLog {
  const { calls, subscriptions, watched, usage, prefix } = options;
  return {
    append: async (room, message, keep) => {
      usage.add(message.account, message.data.length);
      const reply = (await calls.call("append", appendArguments({ room, message, keep }), once)) as string;
      const [offset, previous, used] = reply.split(" ").map(Number) as [number, number, number];
      usage.set(message.account, used);
      return { offset, previous };
    },
    read: async (room, from, most, account) => {
      const args = [room, account ?? "", most, ...fromArguments(from)];
      const reply = (await calls.call("read", args, mayBegin)) as ReadReply;
      usage.set(account, Number(reply[5]));
      return roomPart(from, reply);
    },
    position: async (room, account) => {
      const reply = await calls.call("position", [room, account ?? ""], mayBegin);
      const [epoch, offset, used] = reply as [string, string, string];
      usage.set(account, Number(used));
      return { epoch, offset: Number(offset) };
    },
    hasCapacity: (account, bytes) => usage.allows(account, bytes),
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
  const { at, data, account = "" } = message;
  return [room, finite(messages), finite(ms), finite(bytes), at, data.length, account, encodeEntry(message)];
}

/** A number as Lua reads it. */
function finite(value: number): string | number {
  if (Number.isFinite(value)) return value;
  return value > 0 ? "1e999" : "-1e999";
}

function encodeEntry({ name, data, except }: RoomMessage): string {
  return `${JSON.stringify([name, except ?? null])}\n${encodeMessage(data)}`;
}

/** The message of `<at>:<size>:<account size>:<account><entry>`, at the place that follows `previous`. */
function decodeEntry(text: string, previous: number): RoomEntry {
  const [header, at, accountSize] = /^([^:]+):\d+:(\d+):/.exec(text) as unknown as [string, string, string];
  const rest = text.slice(header.length);
  const account = textOfBytes(rest, Number(accountSize));
  const headerEnd = rest.indexOf("\n", account.length);
  const [name, except] = JSON.parse(rest.slice(account.length, headerEnd)) as [string, string | null];
  return {
    offset: previous + 1,
    previous,
    name,
    data: decodeMessage(rest.slice(headerEnd + 1)),
    at: Number(at),
    ...(except !== null && { except }),
    ...(account !== "" && { account }),
  };
}

/** The beginning of a text that has so many bytes in UTF-8. */
function textOfBytes(text: string, bytes: number): string {
  return Buffer.from(text.slice(0, bytes)).subarray(0, bytes).toString();
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
  used: string,
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
