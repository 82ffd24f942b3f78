import { ProtocolError } from "../errors.ts";
import { callFrames } from "./call-frames.ts";
import type { ReadOptions } from "./frame-codec.ts";
import { count, defineFrames, name, object, optional, places, position, string } from "./frame-shapes.ts";

/** The frames that a server alone reads. */
const handshakeFrames = defineFrames({
  hello: {
    v: count,
    cid: name,
    key: name,
    att: count,
    auth: optional(string),
    resume: optional(object({ sid: name, rt: name, ep: name, rx: position, tx0: count })),
    rooms: optional(places),
    w: count,
    wb: count,
  },
  auth: { token: string },
});

/** How deep the values of a frame may be nested. */
const maxDepth = 64;
/** How many keys a frame may have, all its objects together. */
const maxKeys = 10_000;
// The code units of JSON that bound a value.
const quote = 0x22;
const colon = 0x3a;
const backslash = 0x5c;
const open = 0x7b;
const close = 0x7d;

/**
 * Checks that a frame is neither nested too deeply nor too wide, before it is parsed: code that recurses into such a frame
 * could run out of stack.
 * @throws ProtocolError when it is.
 */
export function checkFrameBounds(json: string): void {
  // Too short for so many keys, and too few brackets to be nested too deeply.
  if (json.length < maxKeys && countUpTo(maxDepth, json, "{") + countUpTo(maxDepth, json, "[") <= maxDepth)
    return;
  let depth = 0;
  let keys = 0;
  let quoted = false;
  for (let at = 0; at < json.length; at += 1) {
    const unit = json.charCodeAt(at);
    if (unit === quote) quoted = !quoted;
    else if (quoted) at += unit === backslash ? 1 : 0;
    // "[" and "]" differ from "{" and "}" in this bit.
    else if ((unit | 0x20) === open) depth += 1;
    else if ((unit | 0x20) === close) depth -= 1;
    else if (unit === colon) keys += 1;
    if (depth > maxDepth) throw new ProtocolError(`a frame is nested at most ${maxDepth} deep`);
    if (keys > maxKeys) throw new ProtocolError(`a frame has at most ${maxKeys} keys`);
  }
}

/** How often a character is in a text; it looks no further once there are more than `max`. */
function countUpTo(max: number, text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0 && count <= max; at = text.indexOf(character, at + 1))
    count += 1;
  return count;
}

/** How a server reads the frames of a client. */
export const fromClient: ReadOptions = {
  shapes: new Map([...callFrames, ...handshakeFrames]),
  checkBounds: checkFrameBounds,
  maxKeys,
};
