import type { Message } from "../wire/wire.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";
import { Sender } from "./sender.ts";
import type { ServerReceiver } from "./server-receiver.ts";
import type { DeliveryOptions, MessageSink, RemoteState } from "./session-options.ts";

/** The sender of a server. Its sink may record each message when it gets its sequence: a client records nothing. */
export class ServerSender extends Sender {
  readonly #receiver: ServerReceiver;
  #onSequence: MessageSink["onSequence"];
  /** The sink, if it holds messages. */
  #holder: MessageSink | undefined;

  constructor(options: DeliveryOptions, receiver: ServerReceiver) {
    super(options, receiver);
    this.#receiver = receiver;
  }

  override attach(sink: MessageSink, remote: RemoteState): void {
    this.#onSequence = sink.onSequence; // not the sink: a detached session must not keep its wire
    super.attach(sink, remote);
    if (sink.hold) this.#holder = sink;
  }

  override detach(): void {
    this.#holder = undefined;
    super.detach();
  }

  override keep(message: OutgoingMessage): void {
    super.keep(message);
    this.#onSequence?.(message.sequence, message.message);
  }

  protected override put(write: () => Message): void {
    return this.#holder?.hold && this.#receiver.isHandling ? this.#holder.hold(write) : super.put(write);
  }
}
