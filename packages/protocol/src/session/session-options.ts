import type { Received } from "./receiver.ts";
import type { Credit } from "../frames/credit.ts";
import type { Lane } from "./outbox.ts";
import type { Message, Wire } from "../wire/wire.ts";

/** What a session may keep. */
export interface DeliveryOptions {
  /** What the other half may have said that is not finished here: so many events, of so many characters in all. */
  readonly window: Credit;
  /**
   * What is suffered of that before it is too much. Default `window`; more where the other half may be restarted, and then
   * not know what it has sent.
   */
  readonly hardLimit?: Credit;
  /** Messages kept until the other half has finished them. Default 1,000. */
  readonly messages?: number | undefined;
  /** Characters of them. Default 4 Mi. */
  readonly bytes?: number | undefined;
  /** What becomes of an event too many: it waits while it is awaited, which is the default, or is rejected. */
  readonly full?: "wait" | "reject" | undefined;
}

/** Where a session was left by a process that is gone. */
export interface RestoredState {
  /** What had come; what of it is in `but` is lost, and has to come again. */
  readonly received: Received;
  /** The last number that was given. */
  readonly lastSequence: number;
  /** What was sent and is not finished, by number, in order. */
  readonly unacknowledged: Iterable<readonly [number, Message, Lane]>;
}

/** What the other half says of itself when a wire is live, and what it grants. */
export interface RemoteState extends Credit {
  /** The last message it has received. */
  readonly rx: number;
  /** Those up to `rx` that it wants again. */
  readonly but?: readonly number[] | undefined;
  /** The most bytes of a message that it takes. Default: any. */
  readonly limits?: { readonly message: number } | undefined;
}

/** What a session needs of a wire. */
export type MessageSink = Pick<Wire, "send" | "drained">;

/** What one that may outlive its process needs of it. */
export interface RecordingSink extends MessageSink {
  /** Told of each message when it is numbered, before it is sent. */
  readonly onSequence?: (s: number, message: Message) => void;
}
