import {
  anything,
  count,
  defineFrames,
  name,
  optional,
  stamp,
  type FrameShape,
  type FrameShapes,
} from "./frame-shapes.ts";

const numbered: FrameShape = { ...stamp, q: optional(count), re: optional(count) };
const call: FrameShape = { ...stamp, q: count, name, data: anything, deadline: optional(count) };

/** The frames of calls. They are a module of their own: a bundle without calls does not carry them. */
export const callFrames: FrameShapes = defineFrames({
  request: call,
  stream: call,
  reply: { ...stamp, re: count, data: anything },
  next: { ...numbered, data: anything },
  end: numbered,
  credit: { ...numbered, n: count, b: count },
  cancel: numbered,
});
