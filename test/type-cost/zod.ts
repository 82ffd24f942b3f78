/** Functions over the values of the chat, typed by zod alone: the cost of zod without our types. */
import type { z } from "zod";
import type { Limit, Line, Lines, Name, Nothing, Capacity, Text, Typist } from "./schemas.ts";

/** Receives a message of a client. */
export function post({ text }: z.output<typeof Text>): z.input<typeof Line> {
  return { from: "Ada", text };
}

/** Returns the history. */
export function history({ limit }: z.output<typeof Limit>): z.input<typeof Lines> {
  return [{ from: "Ada", text: "hello" }].slice(-limit);
}

/** Streams who is typing. */
export function* typing(nothing: z.output<typeof Nothing>): Generator<z.input<typeof Typist>> {
  yield JSON.stringify(nothing);
}

/** Reports a full room. */
export function full({ capacity }: z.output<typeof Capacity>): z.input<typeof Capacity> {
  return { capacity };
}

/** Reports a member who disconnected. */
export function disconnected({ name }: z.output<typeof Name>): z.input<typeof Name> {
  return { name };
}
