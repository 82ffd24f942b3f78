import { all, count, framesOf, has, name, optional, position, type Shapes, text } from "./frame-shapes.ts";

/** The frames that only a client says, and only its server reads. */
export const clientFrames: Shapes = framesOf({
  hello: {
    v: count,
    cid: name,
    att: count,
    auth: optional(text),
    resume: optional(has({ sid: name, rt: name, ep: name, rx: position, tx0: count })),
    rooms: optional(all(has({ 0: text, 1: name, 2: position }))),
    w: count,
    wb: count,
  },
  auth: { token: text },
});
