import type { FrameCodec, Message, Sent } from "@symbolon/protocol";
import type { Outbox, SendOptions, Session } from "@symbolon/protocol/internal";
import type { MessageRate } from "../timing/message-rate.ts";

/** The size of a message that is kept, without its frame, in bytes, estimated. */
const bytesPerMessage = 256;

/** Measures sessions. */
interface SessionMeter<Link> {
  /** A session keeps more than before. */
  measure(session: Link): void;
}

/** Sends the messages of a session's peer. */
export class SessionOutbox<Link> implements Outbox {
  /** How fast the client sends. */
  readonly rate: MessageRate;
  readonly #sender: Session["sender"];
  readonly #link: Link;
  readonly #sessions: SessionMeter<Link>;

  constructor(sender: Session["sender"], rate: MessageRate, link: Link, sessions: SessionMeter<Link>) {
    this.rate = rate;
    this.#sender = sender;
    this.#link = link;
    this.#sessions = sessions;
  }

  /** The bytes of the messages that are kept for the client, estimated. */
  get bytes(): number {
    return this.#sender.bufferedAmount + bytesPerMessage * this.#sender.undelivered;
  }

  get codec(): FrameCodec {
    return this.#sender.codec;
  }

  send(message: Message, options?: SendOptions): Sent {
    return this.#measured(this.#sender.send(message, options));
  }

  rejectSent(q: number | undefined, error: unknown): boolean {
    return this.#sender.rejectSent(q, error);
  }

  /** What causes answers waits for their capacity, and for a client that has sent more than it may. */
  capacity(): Promise<void> | undefined {
    return this.#sender.capacity() ?? this.rate.paid;
  }

  withdraw(sent: Sent): boolean {
    return this.#sender.withdraw(sent);
  }

  #measured(sent: Sent): Sent {
    this.#sessions.measure(this.#link);
    return sent;
  }
}
