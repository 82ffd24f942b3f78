import type { Ack, Auth, Bye, Goaway, Hello, Ping, Pong, Reauth, Welcome } from "./connection-frames.ts";
import { ProtocolError } from "../errors.ts";
import type { GapFrame, RoomPlacement, RoomFrame, SaidFrame, SkipFrame, RoomPayload } from "./room-frames.ts";
import {
  array,
  anything,
  count,
  defineFrames,
  object,
  name,
  optional,
  position,
  type FrameShape,
  type FrameShapes,
  text,
} from "./frame-shapes.ts";
import type { Message } from "../wire/wire.ts";

/** The subprotocol by which two halves of this project know each other. */
export const SUBPROTOCOL = "symbolon.v1.json";
/** What a session puts on a message: its number, and the `a` of an `ack` without exceptions. */
export interface Stamp {
  readonly s?: number | undefined;
  readonly a?: number | undefined;
}
/** The most characters that these add to a message: who counts what it sends counts them with it. */
export const stampSize = 64;
/** An event; with `q` its sender is told of a failure by an `error` with the same `re`. */
export interface EventFrame extends Stamp {
  readonly t: "event";
  readonly name: string;
  readonly data?: unknown;
  readonly q?: number | undefined;
}
/** The message `re` failed; without `re`, what arrived was not a frame. */
export interface ErrorFrame {
  readonly t: "error";
  readonly re?: number | undefined;
  readonly code: string;
  readonly message: string;
  readonly data?: unknown;
}
/** Asks for one answer, a `reply` or an `error` whose `re` is this `q`. */
export interface RequestFrame extends Stamp {
  readonly t: "request";
  readonly q: number;
  readonly name: string;
  readonly data?: unknown;
  /** In how many ms the asker gives up, at the time of asking. */
  readonly deadline?: number | undefined;
}
/** Asks for many answers: `next` for each, then `end` or an `error`. */
export interface StreamFrame extends Stamp {
  readonly t: "stream";
  readonly q: number;
  readonly name: string;
  readonly data?: unknown;
  /** In how many ms the asker gives up, at the time of asking. */
  readonly deadline?: number | undefined;
}
/**
 * A call is named by the number that its asker chose: the asker says it as `q`, the other half as `re`. So the calls of
 * both halves may have the same numbers.
 */
interface Numbered {
  readonly q?: number | undefined;
  readonly re?: number | undefined;
}
/** The one answer of a request. */
export interface ReplyFrame {
  readonly t: "reply";
  readonly re: number;
  readonly data?: unknown;
}
/** An item of a stream, or, with `q`, of what is sent along to it. */
export interface NextFrame extends Numbered {
  readonly t: "next";
  readonly data?: unknown;
}
/** There are no more items. */
export interface EndFrame extends Numbered {
  readonly t: "end";
}
/** So many items, of so many characters, may have been sent in all. */
export interface CreditFrame extends Numbered {
  readonly t: "credit";
  readonly n: number;
  readonly b: number;
}
/** With `q` the asker gives the call up; with `re` no more is read of what is sent along. */
interface CancelFrame extends Numbered {
  readonly t: "cancel";
}
/** What is said in a call that was asked. */
export type CallFrame = ReplyFrame | ErrorFrame | NextFrame | EndFrame | CreditFrame | CancelFrame;
/** Every frame. */
export type Frame = (
  | Hello
  | Welcome
  | Ack
  | EventFrame
  | RequestFrame
  | StreamFrame
  | CallFrame
  | RoomFrame
  | SaidFrame
  | SkipFrame
  | GapFrame
  | Ping
  | Pong
  | Reauth
  | Auth
  | Goaway
  | Bye
) &
  Stamp;

const place: FrameShape = { room: text, o: count, p: position };

/** What every half reads. Besides, there are `clientFrames`, and `callFrames` where there are calls. */
const shapes = defineFrames({
  welcome: {
    sid: name,
    rt: name,
    ep: name,
    rx: position,
    w: count,
    wb: count,
    state: name,
    why: optional(text),
    but: optional(array(count)),
    heartbeat: object({ i: count, t: count }),
    ttl: position,
    limits: optional(object({ message: count })),
  },
  ack: { a: count, but: optional(array(count)) },
  event: { name, data: anything, q: optional(count) },
  error: { re: optional(count), code: name, message: text, data: anything },
  room: { room: text, ep: optional(name), off: optional(position) },
  said: { ...place, name, data: anything },
  skip: place,
  gap: { room: optional(text), from: position, to: position, why: name },
  ping: { n: count },
  pong: { n: count },
  reauth: { by: count },
  goaway: { at: position, why: optional(text) },
  bye: { why: optional(text) },
});

/** How what is said in a conversation stands on the wire. What is said about the connection is JSON in every codec. */
export interface FrameCodec {
  /** The subprotocol by which two halves agree on it. */
  readonly protocol: string;
  /** Writes a frame. Throws TypeError when it cannot carry the frame's data. Written for another half, `String` makes JSON of it. */
  readonly write: (frame: Frame | RoomPayload) => Message;
  /** Puts a session's numbers on a frame that was written, or its place on words, in whichever codec, as fields of its own. */
  readonly stamp: (message: Message, fields: Stamp | RoomPlacement) => Message;
  /** Reads a frame strictly, in JSON too; `others` are read besides those of every conversation. Throws ProtocolError saying what is wrong with it. */
  readonly read: (message: Message, others?: FrameShapes) => Frame;
}

/** Frames in JSON, as text messages: what every half speaks. It cannot carry a cycle or a bigint. */
export const jsonFrames: FrameCodec = {
  protocol: SUBPROTOCOL,
  write: (frame) => JSON.stringify(frame),
  // Spliced in, so that what is sent to many, or again, is written once. It may have been written in another codec.
  stamp(message, fields) {
    const written = JSON.stringify(fields).slice(1, -1);
    return `{${written && `${written},`}${String(message).slice(1)}`;
  },
  read(message, others) {
    let value: unknown;
    try {
      value = typeof message === "string" && JSON.parse(message);
    } catch {} // what is not JSON is no frame
    return checkFrame(value, others);
  },
};

/** Checks that a value is a frame, or one of `others`. Throws ProtocolError saying what is wrong with it. */
export function checkFrame(value: unknown, others?: FrameShapes): Frame {
  const fields = Object(value) as Readonly<Record<string, unknown>>;
  const shape = shapes.get(fields["t"]) ?? others?.get(fields["t"]);
  if (!shape) throw new ProtocolError('a frame is a JSON object with a known "t", sent as text');
  for (const field of Object.keys(fields))
    if (!shape.has(field)) throw new ProtocolError(`unknown field ${JSON.stringify(field.slice(0, 40))}`);
  for (const [field, check] of shape)
    if (!check(fields[field])) throw new ProtocolError(`missing or wrong field "${field}"`);
  return fields as unknown as Frame;
}
