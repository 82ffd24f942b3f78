import type { NextTurn } from "../async/event-loop.ts";
import type { Sent } from "../async/sent.ts";
import type {
  CallFrame,
  CreditFrame,
  EndFrame,
  ErrorFrame,
  NextFrame,
  ReplyFrame,
  RequestFrame,
  StreamFrame,
} from "../frames/frame.ts";
import type { SendOptions } from "../session/outbox.ts";
import type { Message } from "../wire/wire.ts";

/** How a call may end early, and what is uploaded to it. */
export interface CallOptions {
  /** Cancels the call: the remote peer's handler is informed, and the call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Cancels the call with `TIMEOUT` after so many ms, 1 to 2 ** 31 - 1. @default never */
  readonly timeout?: number | undefined;
  /** The items that are sent to a stream with an upload. @default no items */
  readonly upload?: AsyncIterable<unknown> | Iterable<unknown>;
}

/** How a stream may end early, and whether it starts again. */
export interface StreamOptions extends CallOptions {
  /**
   * What happens when the server has lost the stream: the session was reset, or the process that served it no longer runs.
   * `fail`: it throws `OutcomeUnknown` or `INTERRUPTED`. `restart`: after the items that have arrived it is asked again, with
   * the same input, so items may repeat; `timeout` begins anew. A stream with an upload always fails.
   * @default "fail"
   */
  readonly onLost?: "fail" | "restart";
}

/** What a handler gets with the input of a call. */
export interface CallContext {
  /** Aborts when the caller cancels the call, or has disconnected for good. */
  readonly signal: AbortSignal;
  /** How long the caller waits, in ms from when it called; undefined when it waits without limit. */
  readonly deadline: number | undefined;
  /** The message's sequence in its session, if there is one: a message that arrives again has the same. */
  readonly s?: number | undefined;
}

/** A frame of a call, without the call's number. */
export type CallMessage =
  | Unnumbered<ReplyFrame | NextFrame | EndFrame | ErrorFrame | CreditFrame>
  | { readonly t: "cancel" };
type Unnumbered<Frame> = Frame extends unknown ? Omit<Frame, "q" | "re"> : never;

/** A call, as one of its two peers sends in it. */
export interface CallChannel {
  /** Writes a frame of the call. @throws TypeError when its data cannot be written. */
  readonly write: (frame: CallMessage) => Message;
  /** Sends a written frame, or what `fallback` writes when it is too large; nothing once the call is over. */
  readonly send: (message: Message, fallback?: SendOptions["fallback"]) => Sent;
  /** Undefined when there is capacity for another frame; otherwise resolves when there may be. */
  readonly capacity: () => Promise<void> | undefined;
  /** Lets the event loop run. @default a loop of the call does not wait for it */
  readonly nextTurn?: NextTurn | undefined;
  /** Sends the answer of a call that was just closed: so it can carry the acknowledgement of the call. */
  readonly answer: (message: Message, fallback?: SendOptions["fallback"]) => Sent;
  /** The call is over: no frame is sent or received in it any more. @returns false when it was over. */
  readonly close: () => boolean;
}

/** A call that this peer started. */
export interface OutgoingChannel extends CallChannel {
  /** Settles when the call has been sent; rejects when it never will be. */
  readonly sent: Sent;
  /** Takes the call back if it was not sent yet. @returns false when it was sent. */
  readonly withdraw: () => boolean;
}

/** Receives the frames of a call, each with its bytes; undefined when the session, and so the reply, is lost. */
export type CallListener = (frame: CallFrame | undefined, bytes: number) => void;

/** Starts the calls of a peer. */
export interface CallStarter {
  /** Sends a call; its frames go to `listener`. */
  readonly open: (data: unknown, deadline: number | undefined, listener: CallListener) => OutgoingChannel;
  /** Calls `action` in so many ms, unless the returned function is called. */
  readonly after: (ms: number, action: () => void) => () => void;
}

/** Calls a handler with its validated input. */
export type RunHandler = (
  input: unknown,
  call: CallContext & { readonly upload?: AsyncIterable<unknown> },
) => unknown;

/** A call that this peer serves. */
export interface IncomingCall {
  /** The bytes of the items that have arrived and the handler has not read. @default 0 */
  readonly unreadBytes?: number;
  /** Receives the frames of the caller; those that arrive before `run` are kept. */
  readonly receive: CallListener;
  /** Runs the handler and sends its result. Throws, or rejects with, what the handler throws. @returns what is to be awaited. */
  readonly run: (frame: RequestFrame | StreamFrame, handler: RunHandler) => unknown;
}

/** The handler of a request or a stream. */
export type CallHandler = (input: never, call: never) => unknown;
