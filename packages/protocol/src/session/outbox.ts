import { RequestError } from "../errors.ts";
import type { FrameCodec } from "../frames/frame-codec.ts";
import type { Sent } from "../async/sent.ts";
import type { Message } from "../wire/wire.ts";

/**
 * What a message waits for. An `event` waits until the receiver has credit for it, and a `call` until the events before it
 * were sent; an `answer` waits for neither: a handler that awaits it would wait for itself. A `volatile` event does not
 * wait: it fails with `DROPPED` when it cannot be sent at once.
 */
export type Lane = "event" | "volatile" | "call" | "answer";

/** How an outbox delivers a message. */
export interface SendOptions {
  /** What the message waits for. @default "event" */
  readonly lane?: Lane;
  /** The number by which the receiver reports that the message failed. @default the receiver does not report it */
  readonly errorId?: number | undefined;
  /** Writes the message that is sent instead when it is too large for the receiver. @default the message fails then */
  readonly fallback?: ((error: RequestError) => Message) | undefined;
  /** Receives the error of a message that fails while no code awaits it. */
  readonly onUnhandled?: (error: unknown) => void;
}

/** The error of a message that exceeds what is kept. */
export function outboxFull(): RequestError {
  return new RequestError("OUTBOX_FULL", "send queue is full: await send()");
}

/** Delivers the messages of a peer. */
export interface Outbox {
  /** How frames are written. */
  readonly codec: FrameCodec;
  /** Delivers a frame that `codec` wrote. */
  send(message: Message, options?: SendOptions): Sent;
  /** Fails the event whose `errorId` is `q`. @returns false when there is no such event. */
  rejectSent(q: number | undefined, error: unknown): boolean;
  /** Undefined when there is capacity for another answer; otherwise resolves when there may be. */
  capacity(): Promise<void> | undefined;
  /** Takes a message back that was not sent yet. @returns false when it was sent. */
  withdraw(sent: Sent): boolean;
}
