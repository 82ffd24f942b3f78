import {
  array,
  count,
  defineFrames,
  object,
  name,
  optional,
  position,
  type FrameShapes,
  text,
} from "./frame-shapes.ts";

/** The frames that only a client says, and only its server reads. */
export const clientFrames: FrameShapes = defineFrames({
  hello: {
    v: count,
    cid: name,
    att: count,
    auth: optional(text),
    resume: optional(object({ sid: name, rt: name, ep: name, rx: position, tx0: count })),
    rooms: optional(array(object({ 0: text, 1: name, 2: position }))),
    w: count,
    wb: count,
  },
  auth: { token: text },
});
