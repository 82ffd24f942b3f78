import type {
  AckFrame,
  AuthFrame,
  ByeFrame,
  GoawayFrame,
  HelloFrame,
  PingFrame,
  PongFrame,
  ReauthFrame,
  WelcomeFrame,
} from "./connection-frames.ts";
import type { MembersFrame, PresenceFrame } from "./presence-frames.ts";
import type { GapFrame, RoomFrame, SaidFrame, SkipFrame } from "./room-frames.ts";

/** The numbers that a session puts on a message: its own, and up to which the sender has finished what it received. */
export interface Stamp {
  /** The message's sequence. */
  readonly s?: number | undefined;
  /** The sender has finished every message up to this sequence. */
  readonly a?: number | undefined;
}
/** The most bytes that a stamp adds to a message: a sender counts them with each message. */
export const stampSize = 64;
/** An event; with `q` its sender gets an `error` with the same `re` when the event fails. */
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
/** Asks for one reply: a `reply` or an `error` whose `re` is this `q`. */
export interface RequestFrame extends Stamp {
  readonly t: "request";
  readonly q: number;
  readonly name: string;
  readonly data?: unknown;
  /** How long the caller waits, in ms from when it called. */
  readonly deadline?: number | undefined;
}
/** Asks for many items: `next` for each, then `end` or an `error`. */
export interface StreamFrame extends Stamp {
  readonly t: "stream";
  readonly q: number;
  readonly name: string;
  readonly data?: unknown;
  /** How long the caller waits, in ms from when it called. */
  readonly deadline?: number | undefined;
}
/**
 * Names a call by the number that its caller chose: the caller writes it as `q`, the callee as `re`. So the calls of the
 * two peers may have the same numbers.
 */
interface CallNumber {
  readonly q?: number | undefined;
  readonly re?: number | undefined;
}
/** The reply to a request. */
export interface ReplyFrame {
  readonly t: "reply";
  readonly re: number;
  readonly data?: unknown;
}
/** An item of a stream, or, with `q`, of the upload to a stream. */
export interface NextFrame extends CallNumber {
  readonly t: "next";
  readonly data?: unknown;
}
/** There are no more items. */
export interface EndFrame extends CallNumber {
  readonly t: "end";
}
/** The sender of the items may have sent `n` of them in all, of `b` bytes. */
export interface CreditFrame extends CallNumber {
  readonly t: "credit";
  readonly n: number;
  readonly b: number;
}
/** With `q` the caller cancels the call; with `re` the callee reads no more of the upload. */
interface CancelFrame extends CallNumber {
  readonly t: "cancel";
}
/** A frame that belongs to a call which was asked before. */
export type CallFrame = ReplyFrame | ErrorFrame | NextFrame | EndFrame | CreditFrame | CancelFrame;
/** Every frame. */
export type Frame = (
  | HelloFrame
  | WelcomeFrame
  | AckFrame
  | EventFrame
  | RequestFrame
  | StreamFrame
  | CallFrame
  | RoomFrame
  | SaidFrame
  | SkipFrame
  | GapFrame
  | PresenceFrame
  | MembersFrame
  | PingFrame
  | PongFrame
  | ReauthFrame
  | AuthFrame
  | GoawayFrame
  | ByeFrame
) &
  Stamp;
