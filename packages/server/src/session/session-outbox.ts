import type { FrameCodec, Message, Sent } from "@symbolon/protocol";
import type { Outbox, SendOptions, Session } from "@symbolon/protocol/internal";

/** The size of a message that is kept, without its frame, in bytes, estimated. */
const bytesPerMessage = 256;

/** What the outbox of a session informs its link of. */
export interface SessionOutboxOptions {
  /** A message was sent: the session may keep more. */
  readonly onSend: () => void;
}

/** Sends the messages of a session's peer. */
export class SessionOutbox implements Outbox {
  readonly #sender: Session["sender"];
  readonly #options: SessionOutboxOptions;

  constructor(sender: Session["sender"], options: SessionOutboxOptions) {
    this.#sender = sender;
    this.#options = options;
  }

  /** The bytes of the messages that are kept for the client, estimated. */
  get bytes(): number {
    return this.#sender.bufferedAmount + bytesPerMessage * this.#sender.undelivered;
  }

  get codec(): FrameCodec {
    return this.#sender.codec;
  }

  send(message: Message, options?: SendOptions): Sent {
    const sent = this.#sender.send(message, options);
    this.#options.onSend();
    return sent;
  }

  rejectSent(q: number | undefined, error: unknown): boolean {
    return this.#sender.rejectSent(q, error);
  }

  capacity(): Promise<void> | undefined {
    return this.#sender.capacity();
  }

  withdraw(sent: Sent): boolean {
    return this.#sender.withdraw(sent);
  }
}
