/** The messages that clients send. */
import { createNote, createText } from "../payloads.ts";

/** How many messages differ; at most so many are in flight on one connection. */
export const variants = 32;

const numbers = Array.from({ length: variants }, (_, n) => n + 1);

/** The JSON messages, as they are written. */
export const noteTexts: readonly string[] = numbers.map((n) => JSON.stringify(createNote(n)));

/** Texts of so many bytes. */
export function texts(bytes: number): string[] {
  return numbers.map((n) => createText(n, bytes));
}
