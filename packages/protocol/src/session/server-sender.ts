import type { OutgoingMessage } from "./outgoing-message.ts";
import { Sender } from "./sender.ts";
import type { MessageSink, RemoteState } from "./session-options.ts";

/** The sender of a server. Its sink may record each message when it gets its sequence: a client records nothing. */
export class ServerSender extends Sender {
  #onSequence: MessageSink["onSequence"];

  override attach(sink: MessageSink, remote: RemoteState): void {
    this.#onSequence = sink.onSequence; // not the sink: a detached session must not keep its wire
    super.attach(sink, remote);
  }

  override keep(message: OutgoingMessage): void {
    super.keep(message);
    this.#onSequence?.(message.sequence, message.message);
  }
}
