import { Sent } from "../async/sent.ts";
import { stampSize } from "../frames/frame.ts";
import { byteLength } from "../wire/byte-length.ts";
import type { Message } from "../wire/wire.ts";
import type { Lane, SendOptions } from "./outbox.ts";

/** A message that a session keeps until the receiver has finished it. */
export class OutgoingMessage extends Sent {
  /** Its number in the session; 0 until it is first sent. */
  declare sequence: number;
  /** The frame as it was written, or as it is sent. */
  declare message: Message;
  /** The bytes of the frame, with those of a stamp. */
  declare bytes: number;
  /** What the message waits for. */
  declare readonly lane: Lane;
  /** The number by which the receiver reports that it failed. */
  declare readonly errorId: number | undefined;
  /** Writes the message that is sent instead when it is too large. */
  declare readonly fallback: SendOptions["fallback"];

  constructor(
    message: Message,
    { lane = "event", errorId, fallback, onUnhandled }: SendOptions,
    sequence = 0,
  ) {
    super(onUnhandled);
    this.sequence = sequence;
    this.write(message);
    this.lane = lane;
    this.errorId = errorId;
    this.fallback = fallback;
  }

  /** Replaces the frame. */
  write(message: Message): void {
    this.message = message;
    this.bytes = byteLength(message) + stampSize;
  }
}
