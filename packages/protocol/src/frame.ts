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
  readonly re?: number;
  readonly code: string;
  readonly message: string;
  readonly data?: unknown;
}
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
export type Frame = Hello | Welcome | EventFrame | ErrorFrame | Ping | Pong | Bye;

type Check = (value: unknown) => boolean;
const count: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 1;
const short: Check = (value) => typeof value === "string" && value.length >= 1 && value.length <= 128;
const line: Check = (value) => typeof value === "string";
const anything: Check = () => true;
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const beat: Check = (value) => {
  const { i, t } = Object(value) as { i?: unknown; t?: unknown };
  return count(i) && count(t);
};

const shapes: ReadonlyMap<unknown, Readonly<Record<string, Check>>> = new Map([
  ["hello", { v: count, cid: short, att: count, auth: optional(line) }],
  ["welcome", { state: (value) => value === "new", sid: short, heartbeat: beat }],
  ["event", { name: short, data: anything, q: optional(count) }],
  ["error", { re: optional(count), code: short, message: line, data: anything }],
  ["ping", { n: count }],
  ["pong", { n: count }],
  ["bye", { why: optional(line) }],
] satisfies [string, Record<string, Check>][]);

/** Writes a frame as it stands on the wire. Throws TypeError when its data cannot be JSON: a cycle, a bigint. */
export function writeFrame(frame: Frame): string {
  return JSON.stringify(frame);
}

/**
 * Reads a frame strictly: unknown kinds, unknown fields and wrong types are refused.
 * @throws ProtocolError saying what is wrong with it.
 */
export function readFrame(message: Message): Frame {
  if (typeof message !== "string") throw new ProtocolError("expected a text message, got a binary one");
  const value = parse(message);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ProtocolError("a frame is a JSON object");
  const fields = value as Record<string, unknown>;
  const shape = shapes.get(fields["t"]);
  if (shape === undefined)
    throw new ProtocolError('unknown frame: "t" is none of ' + [...shapes.keys()].join(", "));
  for (const field of Object.keys(value))
    if (field !== "t" && !Object.hasOwn(shape, field))
      throw new ProtocolError(`unknown field ${JSON.stringify(field.slice(0, 40))}`);
  for (const [field, check] of Object.entries(shape))
    if (!check(fields[field])) throw new ProtocolError(`missing or wrong field ${JSON.stringify(field)}`);
  return value as Frame;
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    throw new ProtocolError("not JSON");
  }
}
