import type { RequestError } from "../errors.ts";
import type { FrameCodec } from "../frames/frame.ts";
import type { Sent } from "../async/sent.ts";
import type { Message } from "../wire/wire.ts";

/**
 * What a message may have to wait for. An `event` waits until the other half has room for it, and a `call` behind the
 * events before it; an `answer` waits for neither: a handler that awaits it would wait for itself. A `volatile` event
 * waits for nothing: it is dropped when it cannot go now, which fails with `DROPPED`.
 */
export type Lane = "event" | "volatile" | "call" | "answer";

/** What is asked of the one who delivers a message. */
export interface SendOptions {
  /** What it may have to wait for. Default `event`. */
  readonly lane?: Lane;
  /** The number by which the other half tells that it failed. Default: it does not tell. */
  readonly errorId?: number | undefined;
  /** What is said instead when it is larger than the other half takes; default nothing: it fails then. */
  readonly fallback?: ((error: RequestError) => Message) | undefined;
  /** Told why it failed, when nobody awaits it. */
  readonly onUnhandled?: (error: unknown) => void;
}

/** What a peer needs of the one who delivers what it says. */
export interface Outbox {
  /** How frames are written. */
  readonly codec: FrameCodec;
  /** Delivers a frame that `codec` wrote. */
  send(message: Message, options?: SendOptions): Sent;
  /** The event that its sender numbered `q` has failed; false when there is none that could. */
  rejectSent(q: number | undefined, error: unknown): boolean;
  /** Takes a message back that has not left; false when it has. */
  withdraw(sent: Sent): boolean;
  /**
   * The message that the other half numbered `s` is not finished until the returned function is called.
   * @param size characters of an event, which takes room that the other half was granted
   * @throws ProtocolError with 4429 when there was no room left.
   */
  hold(s: number | undefined, size?: number): () => void;
}
