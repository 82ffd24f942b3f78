import { stampSize } from "../frames/frame.ts";
import type { Lane, SendOptions } from "./outbox.ts";
import { Sent } from "../async/sent.ts";
import type { Message } from "../wire/wire.ts";

/** A message that a session keeps until the other half has finished it. */
export class OutgoingMessage extends Sent {
  /** Its number; 0 until it is first put on a wire. */
  sequence = 0;
  /** As it was written, or as it stands on the wire when it has a number. */
  declare message: Message;
  declare readonly lane: Lane;
  /** By what the other half tells that it failed. */
  declare readonly errorId: number | undefined;
  /** What is said instead when it is too large. */
  declare readonly fallback: SendOptions["fallback"];

  constructor(
    message: Message,
    { lane = "event", errorId: q, fallback: instead, onUnhandled: unheard }: SendOptions,
  ) {
    super(unheard);
    this.message = message;
    this.lane = lane;
    this.errorId = q;
    this.fallback = instead;
  }

  /** Its characters, with those of its numbers. */
  get size(): number {
    return this.message.length + stampSize;
  }
}
