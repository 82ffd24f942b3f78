/** What the halves of the chat carry, in its schemas' own types: what zod costs whoever uses it. */
import type { z } from "zod";
import type { Limit, Line, Lines, Name, Nothing, Seats, Text, Typist } from "./schemas.ts";

export function say({ text }: z.output<typeof Text>): z.input<typeof Line> {
  return { from: "Ada", text };
}

export function history({ limit }: z.output<typeof Limit>): z.input<typeof Lines> {
  return [{ from: "Ada", text: "hello" }].slice(-limit);
}

export function* typing(nothing: z.output<typeof Nothing>): Generator<z.input<typeof Typist>> {
  yield JSON.stringify(nothing);
}

export function full({ seats }: z.output<typeof Seats>): z.input<typeof Seats> {
  return { seats };
}

export function left({ name }: z.output<typeof Name>): z.input<typeof Name> {
  return { name };
}
