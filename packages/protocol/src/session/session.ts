import { Receiver } from "./receiver.ts";
import { RestoredReceiver } from "./restored-receiver.ts";
import { Sender } from "./sender.ts";
import type { DeliveryOptions, RestoredState } from "./session-options.ts";

/** Delivers messages in order and once in each direction, over any number of wires. The client, which restores no session, makes the two itself. */
export class Session {
  /** Sends this peer's messages. */
  readonly sender: Sender;
  /** Receives the remote peer's messages. */
  readonly receiver: Receiver;

  /** Begins, or goes on from where another process left it. */
  constructor(options: DeliveryOptions, restored?: RestoredState) {
    this.receiver = restored ? new RestoredReceiver(options, restored) : new Receiver(options);
    this.sender = new Sender(options, this.receiver);
    if (!restored) return;
    this.sender.lastSequence = restored.lastSequence;
    for (const message of restored.unacknowledged) this.sender.keep(message);
  }
}
