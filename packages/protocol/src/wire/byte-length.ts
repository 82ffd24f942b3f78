import type { Message } from "./wire.ts";

/** Writes text as UTF-8. */
export const encoder: InstanceType<typeof TextEncoder> = new TextEncoder();
// Encoding into memory that is there is much faster than allocating, and than counting code units.
const scratch = new Uint8Array(300_000);

/** The bytes of a message on a wire: the UTF-8 length of a text message, the length of a binary one. */
export function byteLength(message: Message): number {
  if (typeof message !== "string") return message.length;
  // A code unit has three bytes at most.
  return message.length > 100_000
    ? encoder.encode(message).length
    : encoder.encodeInto(message, scratch).written;
}
