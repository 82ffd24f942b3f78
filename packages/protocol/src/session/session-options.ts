import type { Credit } from "../frames/credit.ts";
import type { Received } from "../frames/connection-frames.ts";
import type { Message, Wire } from "../wire/wire.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";

/** What a session grants and what it keeps. */
export interface DeliveryOptions {
  /** The events that may be unfinished here, as the remote peer was informed. */
  readonly window: Credit;
  /**
   * The events that may be unfinished before the session ends with 4429. More than `window` where the remote peer may be
   * restarted, and then not know what it has sent. @default window
   */
  readonly hardLimit?: Credit;
  /** Messages that are kept until the receiver has finished them. @default 1,000 */
  readonly messages?: number | undefined;
  /** Bytes of these messages. @default 4 MiB */
  readonly bytes?: number | undefined;
  /**
   * What happens to an event that exceeds the number: it waits if it is awaited, or it is rejected. An event that exceeds
   * the bytes is always rejected.
   * @default "wait"
   */
  readonly full?: "wait" | "reject" | undefined;
}

/** A session as another process left it. */
export interface RestoredState {
  /** Every message up to this sequence had arrived. */
  readonly upTo: number;
  /** Those of them that the other process has lost. The session removes each that arrives again. */
  readonly missing: Set<number>;
  /** The last sequence that was given. */
  readonly lastSequence: number;
  /** Messages that were sent and are not acknowledged, in the order of their sequences. */
  readonly unacknowledged: Iterable<OutgoingMessage>;
}

/**
 * What the remote peer has received and what it grants, as in its `hello` or `welcome`. Messages above `upTo`, and
 * `pending`, are sent again.
 */
export interface RemoteState extends Received {
  /** The events that may be unfinished there. */
  readonly credit: Credit;
  /** The most bytes of a message that it takes, the stamp included. @default any */
  readonly maxPayload?: number | undefined;
}

/** Where a session sends its messages. */
export interface MessageSink extends Pick<Wire, "send" | "drained"> {
  /** Called for each message when it gets its sequence, before it is sent. */
  readonly onSequence?: (sequence: number, message: Message) => void;
  /**
   * Sends what `write` returns: before anything else is sent, and at the end of the tick at the latest. So an answer carries
   * the acknowledgement of the message that caused it.
   * @default messages are sent at once
   */
  hold?(write: () => Message): void;
}
