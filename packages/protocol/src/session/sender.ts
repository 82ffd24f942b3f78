import type { Sent } from "../async/sent.ts";
import { OutcomeUnknown, ProtocolError, RequestError } from "../errors.ts";
import type { Received } from "../frames/connection-frames.ts";
import { type Credit, isExhausted } from "../frames/credit.ts";
import { stampSize } from "../frames/frame.ts";
import { type FrameCodec, jsonFrames } from "../frames/frame-codec.ts";
import type { Message } from "../wire/wire.ts";
import { type Outbox, outboxFull, type SendOptions } from "./outbox.ts";
import { OutgoingMessage } from "./outgoing-message.ts";
import type { Receiver } from "./receiver.ts";
import type { DeliveryOptions, MessageSink, RemoteState } from "./session-options.ts";

/** How many messages are kept, and how many of their bytes, when the options do not say. */
const defaultMessages = 1_000;
const defaultBytes = 2 ** 22;

/**
 * Sends each message of a session once and in order: numbers it, keeps it until the remote peer has finished it, and sends
 * it again on the next wire.
 */
export class Sender implements Outbox {
  /** How frames are written: JSON unless the peers may agree, or have agreed, on another codec. */
  codec: FrameCodec = jsonFrames;
  /** The last sequence that was given. */
  lastSequence = 0;
  readonly #options: DeliveryOptions;
  /** How much is kept of answers, and of events that were sent: at least a window, of which a receiver acknowledges each quarter. */
  readonly #answerLimit: Credit;
  readonly #receiver: Receiver;
  #sink: MessageSink | undefined;
  /** The promise of a full sink that this sender waits for. */
  #draining: Promise<void> | undefined;
  /** Why nothing is sent any more. */
  #ended: object | string | undefined;
  /** Messages that were never sent, in order; they have no sequence yet. Undefined until there is one. */
  #unsent: Set<OutgoingMessage> | undefined;
  /** Messages that were sent and are not acknowledged, by sequence. Undefined until there is one. */
  #unacknowledged: Set<OutgoingMessage> | undefined;
  /** Those of them that are still to be sent again; undefined when the sink has taken all. */
  #resending: Set<OutgoingMessage> | undefined;
  /** The bytes of all that is kept. */
  #bytes = 0;
  #credit: Credit = { messages: 0, bytes: 0 };
  /** The events among the unacknowledged messages. */
  #used = { messages: 0, bytes: 0 };
  /** The answers among all that is kept. They wait for no credit, so what causes an answer waits for capacity. */
  #answers = { messages: 0, bytes: 0 };
  /** The promise of those who wait for capacity, and what resolves it. */
  #capacity: Promise<void> | undefined;
  #release: (() => void) | undefined;
  #maxPayload = Infinity;

  constructor(options: DeliveryOptions, receiver: Receiver) {
    this.#options = options;
    const { messages = defaultMessages, bytes = defaultBytes } = options;
    this.#answerLimit = { messages: Math.max(messages, 256), bytes: Math.max(bytes, 2 ** 20) };
    this.#receiver = receiver;
  }

  /** Bytes that are kept until the remote peer has finished them. */
  get bufferedAmount(): number {
    return this.#bytes;
  }

  /** How many messages the remote peer has not finished. */
  get undelivered(): number {
    return (this.#unacknowledged?.size ?? 0) + this.unsent;
  }

  /** How many messages were never sent. */
  get unsent(): number {
    return this.#unsent?.size ?? 0;
  }

  /** The lowest sequence that could be sent again, or the next that will be given. */
  get firstHeld(): number {
    const [first] = this.#unacknowledged ?? [];
    return first?.sequence ?? this.lastSequence + 1;
  }

  send(frame: Message, options: SendOptions = {}): Sent {
    // A caller that sends again when its message has failed would be called without end.
    const message = new OutgoingMessage(frame, this.#ended ? {} : options);
    if (this.#ended) message.reject(this.#ended);
    else if (!this.unsent && !this.#resending && !this.#isBlocked(message) && this.#isReady())
      this.#transmit(message);
    else if (message.lane === "volatile")
      message.reject(new RequestError("DROPPED", "could not be sent at once"));
    else {
      (this.#unsent ??= new Set()).add(message);
      this.#weigh(message, 1);
      // Messages that wait hold back every message but an answer.
      if (message.lane === "answer") this.#flush();
      else void this.#checkLimit(message);
    }
    return message;
  }

  capacity(): Promise<void> | undefined {
    return isExhausted(this.#answerLimit, this.#answers)
      ? (this.#capacity ??= new Promise((resolve) => (this.#release = resolve)))
      : undefined;
  }

  withdraw(sent: Sent): boolean {
    const message = sent as OutgoingMessage; // if it is in the set
    return !!this.#unsent?.has(message) && this.#forget(message);
  }

  rejectSent(q: number | undefined, error: unknown): boolean {
    const message = q && [...(this.#unacknowledged ?? [])].find(({ errorId }) => errorId === q);
    if (message) message.reject(error);
    return !!message;
  }

  /** The handshake is done on `sink`: sends again what the remote peer does not have, acknowledges, and sends what waits. */
  attach(sink: MessageSink, { upTo, pending, credit, maxPayload = Infinity }: RemoteState): void {
    this.detach(); // an acknowledgement must not overtake the `error` of an event that it covers
    this.#sink = sink;
    this.#credit = credit;
    this.#maxPayload = maxPayload;
    const unfinished = new Set(pending);
    this.#resending = new Set(
      [...(this.#unacknowledged ?? [])].filter(({ sequence }) => sequence > upTo || unfinished.has(sequence)),
    );
    this.#flush();
  }

  /** The wire is closed: messages are kept from now on. */
  detach(): void {
    if (!this.#bytes) this.#unsent = this.#unacknowledged = undefined; // the peer may be away for long
    this.#sink = undefined;
    this.#receiver.detach();
  }

  /**
   * The remote peer has finished every message up to `upTo`, except for `pending`.
   * @throws ProtocolError when `upTo` was never sent.
   */
  acknowledge({ upTo, pending }: Received): void {
    if (upTo > this.lastSequence) throw new ProtocolError("acknowledged an unsent message");
    const unfinished = pending.length ? new Set(pending) : undefined;
    for (const message of this.#unacknowledged ?? []) {
      if (message.sequence > upTo) break;
      if (unfinished?.has(message.sequence)) continue;
      this.#forget(message);
      message.resolve();
    }
    this.#flush(false);
  }

  /** The remote peer has lost the session: what was sent fails as unknown, what was never sent goes to the new session. */
  reset(): void {
    this.detach();
    this.#receiver.reset();
    for (const message of [...(this.#unacknowledged ?? []), ...(this.#unsent ?? [])])
      if (message.sequence || message.lane === "answer")
        this.#fail(message, new OutcomeUnknown(message.sequence > 0));
    this.#resending = undefined;
    this.lastSequence = 0;
  }

  /** Sends nothing any more: what was never sent fails with `reason`, what was sent as unknown. */
  end(reason: object | string): void {
    if (this.#ended) return;
    this.#ended = reason;
    this.reset();
    for (const message of this.#unsent ?? []) this.#fail(message, reason);
  }

  /** Keeps a message that has its sequence. */
  keep(message: OutgoingMessage): void {
    (this.#unacknowledged ??= new Set()).add(message);
    this.#weigh(message, 1);
  }

  /** Sends what `write` returns: a message with its sequence, and with the acknowledgement that it can carry. */
  protected put(write: () => Message): void {
    this.#sink?.send(write());
  }

  /**
   * Sends what can be sent now, in order. Answers behind a message that waits for credit go as well; they are there only
   * while the sink is full, so an acknowledgement does not look for them.
   */
  #flush(answers = true): void {
    if (this.#resending) {
      for (const message of this.#resending) {
        if (!this.#isReady()) return;
        this.#resending.delete(message);
        this.#sink?.send(this.codec.stamp(message.message, { s: message.sequence }));
      }
      this.#resending = undefined;
      if (this.#sink) this.#receiver.attach(this.#sink);
    }
    let blocked = false;
    for (const message of this.#unsent ?? []) {
      blocked ||= this.#isBlocked(message);
      if (blocked && !answers) return;
      if (blocked && message.lane !== "answer") continue;
      if (!this.#isReady()) return;
      this.#forget(message);
      this.#transmit(message);
    }
  }

  /** Sends a message for the first time. */
  #transmit(message: OutgoingMessage): void {
    if (this.codec === jsonFrames && typeof message.message !== "string")
      message.write(String(message.message));
    if (message.bytes > this.#maxPayload) {
      const limit = this.#maxPayload - stampSize;
      const error = new RequestError("TOO_LARGE", `message exceeds the receiver's limit of ${limit} bytes`);
      if (!message.fallback) return message.reject(error);
      message.write(message.fallback(error));
    }
    if (message.lane !== "volatile") {
      message.sequence = this.lastSequence += 1;
      this.keep(message);
    }
    this.put(() =>
      this.codec.stamp(message.message, {
        s: message.sequence || undefined,
        a: this.#receiver.piggyback(),
      }),
    );
    if (message.lane !== "event") message.resolve();
  }

  /**
   * Rejects a message that exceeds what is kept. One beyond the bytes is dropped at once; one beyond the number waits if
   * it is awaited.
   */
  async #checkLimit(message: OutgoingMessage): Promise<void> {
    const { messages = defaultMessages, bytes = defaultBytes } = this.#options;
    const isTooMuch = this.#bytes > bytes;
    if (!isTooMuch && this.undelivered <= messages) return;
    const dropped = (isTooMuch || this.#options.full === "reject") && this.#forget(message);
    if (dropped) message.message = ""; // a loop that never waits must not keep its frames
    // Code that awaits it has called `then` two microtasks later, and sends nothing else meanwhile.
    await Promise.resolve();
    await Promise.resolve();
    if (dropped || (!message.awaited && this.#unsent?.has(message))) this.#fail(message, outboxFull());
  }

  #fail(message: OutgoingMessage, error: unknown): void {
    this.#forget(message);
    message.reject(error);
  }

  /** Keeps a message no longer. @returns false when it was not kept. */
  #forget(message: OutgoingMessage): boolean {
    this.#resending?.delete(message);
    const wasKept = this.#unacknowledged?.delete(message) || !!this.#unsent?.delete(message);
    if (wasKept) this.#weigh(message, -1);
    return wasKept;
  }

  /** Counts a message among all that is kept, or no longer; an event with a sequence against the remote peer's credit as well. */
  #weigh({ lane, bytes, sequence }: OutgoingMessage, by: 1 | -1): void {
    this.#bytes += by * bytes;
    const counts = lane === "answer" ? this.#answers : lane === "event" && sequence ? this.#used : undefined;
    if (!counts) return;
    counts.messages += by;
    counts.bytes += by * bytes;
    if (isExhausted(this.#answerLimit, this.#answers)) return;
    this.#capacity = undefined;
    this.#release?.();
  }

  /** Whether a message waits for credit. A remote peer may grant more than is kept here. */
  #isBlocked({ lane }: OutgoingMessage): boolean {
    return (
      ((lane === "event" || lane === "volatile") && isExhausted(this.#credit, this.#used)) ||
      (lane === "event" && isExhausted(this.#answerLimit, this.#used))
    );
  }

  /** Whether a wire is attached and takes more. When it has drained, sending goes on. */
  #isReady(): boolean {
    const drained = this.#sink?.drained();
    if (drained && drained !== this.#draining) {
      this.#draining = drained;
      void drained.then(() => this.#flush());
    }
    return !!this.#sink && !drained;
  }
}
