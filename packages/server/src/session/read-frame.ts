import { type FrameCodec, type Message, ProtocolError } from "@symbolon/protocol";
import { callFrames, clientFrames, type Frame } from "@symbolon/protocol/internal";

/** What is read besides what every half reads. */
const frames = new Map([...callFrames, ...clientFrames]);

/** How deep the values of a frame may be nested. */
const depths = 64;
/** How many keys a frame may have, all its objects together. */
const keys = 10_000;

/** Reads what a client says. Throws ProtocolError when it is no frame, or one that is deep or wide beyond reason. */
export function readFrame(message: Message, codec: FrameCodec): Frame {
  checkBounds(message);
  return codec.read(message, frames);
}

/**
 * Checks that a frame is neither deep nor wide beyond reason, before it is parsed.
 * @throws ProtocolError when it is: what recurses into it could run out of stack.
 */
export function checkBounds(message: Message): void {
  if (typeof message !== "string" || message.length <= 2 * depths) return; // too short for either
  let depth = 0;
  let colons = 0;
  let quoted = false;
  for (let at = 0; at < message.length; at += 1) {
    const letter = message[at];
    if (letter === '"') quoted = !quoted;
    else if (quoted) at += letter === "\\" ? 1 : 0;
    else if (letter === "{" || letter === "[") depth += 1;
    else if (letter === "}" || letter === "]") depth -= 1;
    else if (letter === ":") colons += 1;
    if (depth > depths) throw new ProtocolError(`a frame is nested at most ${depths} deep`);
    if (colons > keys) throw new ProtocolError(`a frame has at most ${keys} keys`);
  }
}
