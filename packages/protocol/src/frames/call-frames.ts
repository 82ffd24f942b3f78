import {
  anything,
  count,
  defineFrames,
  name,
  optional,
  type FrameShape,
  type FrameShapes,
} from "./frame-shapes.ts";

const numbered: FrameShape = { q: optional(count), re: optional(count) };
const asked: FrameShape = { q: count, name, data: anything, deadline: optional(count) };

/** The frames of calls, which only they read: a conversation of events alone does not know them. */
export const callFrames: FrameShapes = defineFrames({
  request: asked,
  stream: asked,
  reply: { re: count, data: anything },
  next: { ...numbered, data: anything },
  end: numbered,
  credit: { ...numbered, n: count, b: count },
  cancel: numbered,
});
