/** The messages that the load generator sends, and their schema. */
import * as z from "zod";

/** The schema of the JSON messages: servers that validate use it. */
export const note = z.object({
  id: z.int(),
  from: z.string().min(1).max(40),
  text: z.string().max(2_000),
  at: z.number(),
  tags: z.array(z.string()).max(8),
});

/** A JSON message. */
export type Note = z.infer<typeof note>;

/** How many bytes a JSON message has, as it is written. */
const noteBytes = 128;

/** A message of 128 bytes in JSON; its number makes it differ from the others. */
export function createNote(n: number): Note {
  const empty = { id: n, from: "Ada", text: "", at: 1_764_000_000_000, tags: ["a", "b"] };
  return { ...empty, text: fill(n, noteBytes - JSON.stringify(empty).length) };
}

/** A text of so many ASCII characters; its number makes it differ from the others. */
export function createText(n: number, bytes: number): string {
  return fill(n, bytes);
}

function fill(n: number, length: number): string {
  return `${n} `.padEnd(length, "the quick brown fox jumps over the lazy dog, ").slice(0, length);
}
