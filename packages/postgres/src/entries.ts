/** How messages of rooms are written in PostgreSQL. */
import type { RoomAppend, RoomEntry, RoomMessage } from "@symbolon/server/store";
import { decodeData, encodeData, encodeNumber, encodeText, type Json } from "./values.ts";

/** A message, as PostgreSQL returns it. */
export type ListedEntry = readonly [offset: number, at: number, entry: string];

/** The arguments of an append, of one call or as part of a commit. */
export function encodeAppend({ room, message, keep }: RoomAppend): Json {
  const { messages, ms, bytes = Infinity } = keep;
  return {
    room: encodeText(room),
    messages: encodeNumber(messages),
    ms: encodeNumber(ms),
    bytes: encodeNumber(bytes),
    at: message.at,
    size: message.data.length,
    entry: encodeEntry(message),
  };
}

function encodeEntry({ name, data, except, account }: RoomMessage): string {
  return `${JSON.stringify([name, except ?? null, account ?? null])}\n${encodeData(data)}`;
}

/** A message and its place. */
export function decodeEntry([offset, at, text]: ListedEntry): RoomEntry {
  const headerEnd = text.indexOf("\n");
  const [name, except, account] = JSON.parse(text.slice(0, headerEnd)) as [
    string,
    string | null,
    string | null,
  ];
  return {
    offset,
    previous: offset - 1,
    name,
    data: decodeData(text.slice(headerEnd + 1)),
    at,
    ...(except !== null && { except }),
    ...(account !== null && { account }),
  };
}
