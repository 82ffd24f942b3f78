import type { OutgoingMessage } from "./outgoing-message.ts";
import { Sender } from "./sender.ts";
import type { MessageSink, RemoteState } from "./session-options.ts";

/** The sender of a server. Its sink may record each message when it gets its sequence: a client records nothing. */
export class ServerSender extends Sender {
  #sink: MessageSink | undefined;

  override attach(sink: MessageSink, remote: RemoteState): void {
    this.#sink = sink;
    super.attach(sink, remote);
  }

  override keep(message: OutgoingMessage): void {
    super.keep(message);
    this.#sink?.onSequence?.(message.sequence, message.message);
  }
}
