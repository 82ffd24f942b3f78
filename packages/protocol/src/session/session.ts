import { ServerReceiver } from "./server-receiver.ts";
import { ServerSender } from "./server-sender.ts";
import type { DeliveryOptions, RestoredState } from "./session-options.ts";

/** Delivers messages in order and once in each direction, over any number of wires: the server's end. A client makes a `Sender` and a `Receiver` itself. */
export class Session {
  /** Sends this peer's messages. */
  readonly sender: ServerSender;
  /** Receives the remote peer's messages. */
  readonly receiver: ServerReceiver;

  /** Begins, or goes on from where another process left it. */
  constructor(options: DeliveryOptions, restored?: RestoredState) {
    this.receiver = new ServerReceiver(options, restored);
    this.sender = new ServerSender(options, this.receiver);
    if (!restored) return;
    this.sender.lastSequence = restored.lastSequence;
    for (const message of restored.unacknowledged) this.sender.keep(message);
  }
}
