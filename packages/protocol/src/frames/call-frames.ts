import { anything, count, framesOf, name, optional, type Shape, type Shapes } from "./frame-shapes.ts";

const numbered: Shape = { q: optional(count), re: optional(count) };
const asked: Shape = { q: count, name, data: anything, deadline: optional(count) };

/** The frames of calls, which only they read: a conversation of events alone does not know them. */
export const callFrames: Shapes = framesOf({
  request: asked,
  stream: asked,
  reply: { re: count, data: anything },
  next: { ...numbered, data: anything },
  end: numbered,
  credit: { ...numbered, n: count, b: count },
  cancel: numbered,
});
