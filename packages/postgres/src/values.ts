/** How values are written in PostgreSQL. */
import type { Message } from "@symbolon/protocol";
import type { Claim } from "@symbolon/server/store";

/** A value that JSON can carry. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** What a text in PostgreSQL cannot have, NUL and lone surrogates, and the character by which they are written. */
const escaped = /[\0\uFFFD]|\p{Surrogate}/gu;
const escapes = /\uFFFD([0-9a-f]{4})/g;

/** A text as PostgreSQL can keep it. */
export function encodeText(text: string): string {
  return text.replace(escaped, (unit) => `\uFFFD${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The text that was encoded. */
export function decodeText(text: string): string {
  return text.replace(escapes, (_, unit: string) => String.fromCharCode(Number.parseInt(unit, 16)));
}

/** A message as a text; bytes are written as Base64. */
export function encodeData(message: Message): string {
  return typeof message === "string"
    ? `s${encodeText(message)}`
    : `b${Buffer.from(message).toString("base64")}`;
}

/** The message that a text stands for. */
export function decodeData(text: string): Message {
  const rest = text.slice(1);
  return text.startsWith("s") ? decodeText(rest) : new Uint8Array(Buffer.from(rest, "base64"));
}

/** A claim, as an argument. */
export function encodeClaim({ sessionId, epoch, fence }: Claim): Json {
  return [encodeText(sessionId), encodeText(epoch), fence];
}

/** A number as PostgreSQL reads it; JSON has no infinite ones. */
export function encodeNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}
