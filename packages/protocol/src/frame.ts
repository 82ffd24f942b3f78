import { ProtocolError } from "./errors.ts";
import type { Message } from "./wire.ts";

/** The subprotocol by which two halves of this project know each other. */
export const SUBPROTOCOL = "symbolon.v1.json";
/** The version that `hello` carries. */
export const VERSION = 1;

/** The client's first frame in session mode. */
export interface Hello {
  readonly t: "hello";
  readonly v: number;
  /** Names this client instance (one tab): 128 random bits; not a secret. */
  readonly cid: string;
  /** Counts this client's dials from 1. */
  readonly att: number;
  /** The credential, for those who cannot send headers. */
  readonly auth?: string | undefined;
}
/** The server accepts; `heartbeat` is in ms. */
export interface Welcome {
  readonly t: "welcome";
  readonly state: "new";
  readonly sid: string;
  readonly heartbeat: { readonly i: number; readonly t: number };
}
/** An event; with `q` its sender is told of a failure by an `error` with the same `re`. */
export interface EventFrame {
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
export interface RequestFrame {
  readonly t: "request";
  readonly q: number;
  readonly name: string;
  readonly data?: unknown;
  /** In how many ms the asker gives up, at the time of asking. */
  readonly deadline?: number | undefined;
}
/** Asks for many answers: `next` for each, then `end` or an `error`. */
export interface StreamFrame {
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
/** Asks for a sign of life. */
export interface Ping {
  readonly t: "ping";
  readonly n: number;
}
/** Answers the ping of the same `n`. */
export interface Pong {
  readonly t: "pong";
  readonly n: number;
}
/** A clean end: the sender will say no more. */
export interface Bye {
  readonly t: "bye";
  readonly why?: string;
}
/** Every frame. */
export type Frame = Hello | Welcome | EventFrame | RequestFrame | StreamFrame | CallFrame | Ping | Pong | Bye;

/** Whether a field has the value it should have. */
export type Check = (value: unknown) => boolean;
/** The fields of a frame but for its `t`. */
export type Shape = Readonly<Record<string, Check>>;
/** The frames that may be read, by their `t`. A map, not an object: a frame may say that it is a `toString`. */
export type Shapes = ReadonlyMap<unknown, Shape>;

/** Any value, or none. */
export const anything: Check = () => true;
const text: Check = (value) => typeof value === "string";
/** A name: 1 to 128 characters. */
export const name: Check = (value) => typeof value === "string" && value !== "" && value.length <= 128;
/** A positive safe integer. */
export const count: Check = (value) => Number.isSafeInteger(value) && Number(value) > 0;
/** What may be left out. */
export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const heartbeat: Check = (value) => {
  const { i, t } = Object(value) as { i?: unknown; t?: unknown };
  return count(i) && count(t);
};

const shapes: Shapes = new Map<unknown, Shape>([
  ["hello", { v: count, cid: name, att: count, auth: optional(text) }],
  ["welcome", { state: (value) => value === "new", sid: name, heartbeat }],
  ["event", { name, data: anything, q: optional(count) }],
  ["error", { re: optional(count), code: name, message: text, data: anything }],
  ["ping", { n: count }],
  ["pong", { n: count }],
  ["bye", { why: optional(text) }],
]);

/** How what is said in a conversation stands on the wire. What is said about the connection is JSON in every codec. */
export interface FrameCodec {
  /** The subprotocol by which two halves agree on it. */
  readonly protocol: string;
  /** Writes a frame. Throws TypeError when it cannot carry the frame's data. Written for another half, `String` makes JSON of it. */
  readonly write: (frame: Frame) => Message;
  /** Reads a frame strictly, in JSON too; `others` are read besides those of every conversation. Throws ProtocolError saying what is wrong with it. */
  readonly read: (message: Message, others?: Shapes) => Frame;
}

/** Frames in JSON, as text messages: what every half speaks. It cannot carry a cycle or a bigint. */
export const jsonFrames: FrameCodec = {
  protocol: SUBPROTOCOL,
  write: (frame) => JSON.stringify(frame),
  read(message, others) {
    let value: unknown;
    try {
      value = typeof message === "string" && JSON.parse(message);
    } catch {} // what is not JSON is no frame
    return checkFrame(value, others);
  },
};

/** Checks that a value is a frame, or one of `others`. Throws ProtocolError saying what is wrong with it. */
export function checkFrame(value: unknown, others?: Shapes): Frame {
  const fields = Object(value) as Readonly<Record<string, unknown>>;
  const shape = shapes.get(fields["t"]) ?? others?.get(fields["t"]);
  if (!shape) throw new ProtocolError('a frame is a JSON object with a known "t", sent as text');
  for (const field of Object.keys(fields))
    if (field !== "t" && !Object.hasOwn(shape, field))
      throw new ProtocolError(`unknown field ${JSON.stringify(field.slice(0, 40))}`);
  for (const [field, check] of Object.entries(shape))
    if (!check(fields[field])) throw new ProtocolError(`missing or wrong field "${field}"`);
  return fields as unknown as Frame;
}
