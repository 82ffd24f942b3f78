/** How values are written in Redis, as texts. */
import type { Message } from "@symbolon/protocol";
import type { Claim, Progress } from "@symbolon/server/store";

const loneSurrogate = /\p{Surrogate}/u;

/** A message as a text. UTF-8 cannot have a lone surrogate, so a text with one is written as JSON; bytes are written as Base64. */
export function encodeMessage(message: Message): string {
  if (typeof message !== "string") return `b${Buffer.from(message).toString("base64")}`;
  return loneSurrogate.test(message) ? `j${JSON.stringify(message)}` : `s${message}`;
}

/** The message that a text stands for. */
export function decodeMessage(text: string): Message {
  const rest = text.slice(1);
  if (text.startsWith("s")) return rest;
  return text.startsWith("j") ? (JSON.parse(rest) as string) : new Uint8Array(Buffer.from(rest, "base64"));
}

/** A value that may be missing, as two arguments. */
export function optionalArguments(value: string | number | undefined): readonly [has: string, value: string] {
  return value === undefined ? ["0", ""] : ["1", String(value)];
}

/** A claim, as arguments. */
export function claimArguments({ sessionId, epoch, fence }: Claim): readonly [string, string, number] {
  return [sessionId, epoch, fence];
}

/** A progress, from its texts. */
export function progressOf(upTo: string, pending: string): Progress {
  return { upTo: Number(upTo), pending: pending === "" ? [] : pending.split(",").map(Number) };
}
