/** Describes messages for the traces of our client and our server (entry `./trace`). */
import { byteLength } from "../wire/byte-length.ts";
import type { Message } from "../wire/wire.ts";
import { fromClient } from "./client-frames.ts";
import { type FrameCodec, jsonFrames } from "./frame-codec.ts";

/** The fields that a description has: names, numbers and codes, never a payload, a token, a key or a proof. */
const described = ["name", "room", "s", "a", "re", "i", "q", "code", "state", "off", "o", "from", "to"];

/** Describes a message by its size alone: `text, 12 bytes`. */
export function describeMessage(message: Message): string {
  return `${typeof message === "string" ? "text" : "binary"}, ${byteLength(message)} bytes`;
}

/** Describes a frame for a trace: `event name="post" s=3 (text, 51 bytes)`. It has no payload, and nothing secret. */
export function describeFrame(message: Message, codec: FrameCodec = jsonFrames): string {
  const size = describeMessage(message);
  try {
    const frame = codec.read(message, fromClient) as unknown as Readonly<Record<string, unknown>>;
    const fields = described
      .filter((field) => frame[field] !== undefined)
      .map((field) => ` ${field}=${JSON.stringify(frame[field])}`);
    return `${String(frame["t"])}${fields.join("")} (${size})`;
  } catch {
    return `no frame (${size})`;
  }
}
