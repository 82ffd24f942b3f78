import { Receiver, type Received } from "./receiver.ts";
import { type Credit, isFull } from "../frames/credit.ts";
import { OutcomeUnknown, ProtocolError, RequestError } from "../errors.ts";
import { type FrameCodec, jsonFrames, type Stamp, stampSize } from "../frames/frame.ts";
import { OutgoingMessage } from "./outgoing.ts";
import type { Outbox, SendOptions } from "./outbox.ts";
import type { Sent } from "../async/sent.ts";
import type { MessageSink, RemoteState, DeliveryOptions } from "./session-options.ts";
import type { Message } from "../wire/wire.ts";

/**
 * Delivers messages in order and once, over any number of wires: numbers them, keeps them until the other half has
 * finished them, says them again on the next wire, and recognizes what it was told before. The same at both ends.
 */
export class Session extends Receiver implements Outbox {
  /** How frames are written: JSON unless the halves may agree, or have agreed, on another codec. */
  codec: FrameCodec = jsonFrames;
  /** The last number that was given. */
  protected lastSequence = 0;
  readonly #options: DeliveryOptions;
  #outlet: MessageSink | undefined;
  /** What a full wire has asked to wait for. */
  #draining: Promise<void> | undefined;
  #ended: { readonly reason: unknown } | undefined;

  /** What was never sent, in order; it has no number yet. */
  readonly #pending = new Set<OutgoingMessage>();
  /** What was sent and is not finished, in the order of its numbers. */
  readonly #unacked = new Set<OutgoingMessage>();
  /** What of that is still to be sent again; undefined when a wire has taken all of it. */
  #again: Set<OutgoingMessage> | undefined;
  #size = 0;
  #credit: Credit = { w: 0, wb: 0 };
  #longest = Infinity;

  constructor(options: DeliveryOptions) {
    super(options.window, options.hardLimit ?? options.window);
    this.#options = options;
  }

  /** Characters that are kept until the other half has finished with them. */
  get bufferedAmount(): number {
    return this.#size;
  }

  /** How many messages the other half has not finished. */
  get undelivered(): number {
    return this.#pending.size + this.#unacked.size;
  }

  /** How many messages were never sent. */
  get unsent(): number {
    return this.#pending.size;
  }

  /** The lowest number that could be sent again. */
  get firstUnacknowledged(): number {
    const [first] = this.#unacked;
    return first?.sequence ?? this.lastSequence + 1;
  }

  send(message: Message, options: SendOptions = {}): Sent {
    const { messages = 1_000, bytes: size = 2 ** 22 } = this.#options;
    // Who was told of the end may well try again.
    const letter = new OutgoingMessage(message, this.#ended ? {} : options);
    const { lane } = letter;
    if (this.#ended) letter.reject(this.#ended.reason);
    else {
      this.#pending.add(letter);
      this.#size += letter.size;
      // What waits already keeps it back, unless it is an answer.
      if (lane === "answer" || this.#pending.size === 1) this.#push();
      if (lane === "volatile") this.#refuse(letter, "DROPPED", "it could not go at once");
      else if (
        lane !== "answer" &&
        this.isUnsent(letter) &&
        (this.undelivered > messages || this.#size > size)
      )
        void this.#overflow(letter);
    }
    return letter;
  }

  /** Whether a message has not left yet. */
  isUnsent(sent: Sent): boolean {
    return this.#pending.has(sent as OutgoingMessage); // whatever it is: what is there is a letter
  }

  withdraw(sent: Sent): boolean {
    return this.isUnsent(sent) && this.#forget(sent as OutgoingMessage); // which it is when it waits
  }

  rejectSent(q: number | undefined, error: unknown): boolean {
    const letter = q && [...this.#unacked].find((one) => one.errorId === q);
    if (letter) letter.reject(error);
    return !!letter;
  }

  /** The handshake is done on `outlet`: what the other half does not have is sent again, then what waits. */
  attach(outlet: MessageSink, position: RemoteState): void {
    const { rx, but } = position;
    this.#outlet = outlet;
    this.#credit = position;
    this.#longest = position.limits?.message ?? Infinity;
    this.#again = new Set([...this.#unacked].filter(({ sequence: s }) => s > rx || but?.includes(s)));
    this.#push();
  }

  /** The wire is gone; what is said from now on is kept. */
  detach(): void {
    this.#outlet = undefined;
  }

  /**
   * Takes the numbers of a frame; false when it has come before and is to be ignored.
   * @throws ProtocolError when a frame before it never came, or it acknowledges what was never sent.
   */
  receive({ s, a }: Stamp): boolean {
    if (a) this.acknowledge(a);
    return !s || this.accept(s);
  }

  /** The other half has finished everything up to `a` but for some. Throws ProtocolError when that was never sent. */
  acknowledge(a: number, but: readonly number[] = []): void {
    if (a > this.lastSequence) throw new ProtocolError("it acknowledges what was never sent");
    for (const letter of this.#unacked) {
      if (letter.sequence > a) break;
      if (but.includes(letter.sequence)) continue;
      this.#forget(letter);
      letter.resolve();
    }
    this.#push();
  }

  /** The other half has lost the session: what it may have had fails, what was never sent goes to the new one. */
  override reset(): void {
    this.detach();
    for (const letter of [...this.#unacked, ...this.#pending])
      if (letter.sequence || letter.lane === "answer")
        this.#fail(letter, new OutcomeUnknown(letter.sequence > 0));
    this.#again = undefined;
    this.lastSequence = 0;
    super.reset();
  }

  /** Nothing will be sent any more: what was kept fails with `reason`, or as unknown when it was sent. */
  end(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = { reason };
    this.reset();
    for (const letter of this.#pending) this.#fail(letter, reason);
  }

  protected override sendAck({ upTo: rx, pending: but }: Received): void {
    // Not before: an event that failed counts as finished, and what says that it failed may be among these.
    if (!this.#again)
      this.#outlet?.send(jsonFrames.write({ t: "ack", a: rx, but: but.length ? but : undefined }));
  }

  /** Gives a message its next number, and keeps it. */
  protected assignSequence(letter: OutgoingMessage): void {
    letter.sequence = this.lastSequence += 1;
    this.#unacked.add(letter);
    this.#size += letter.size;
  }

  /** Sends what may be sent now, in order. */
  #push(): void {
    if (this.#again) {
      for (const letter of this.#again) {
        if (!this.#roomy()) return;
        this.#again.delete(letter);
        this.#outlet?.send(this.codec.stamp(letter.message, { s: letter.sequence }));
      }
      this.#again = undefined;
      this.flush(true);
    }
    let blocked = false;
    for (const letter of this.#pending) {
      const { lane } = letter;
      if (!this.#roomy()) return;
      blocked ||= (lane === "event" || lane === "volatile") && this.#crowded;
      if (!blocked || lane === "answer") this.#put(letter);
    }
  }

  /** Sends for the first time what was written, as it stands on this wire. */
  #put(letter: OutgoingMessage): void {
    this.#forget(letter);
    if (this.codec === jsonFrames) letter.message = String(letter.message);
    const longest = this.#longest - stampSize;
    // A character has three bytes at most: what is short is not measured.
    if (letter.message.length * 3 > longest && sizeOf(letter.message) > longest) {
      const error = new RequestError("TOO_LARGE", `the other half takes ${longest} bytes`);
      if (!letter.fallback) return letter.reject(error);
      letter.message = letter.fallback(error);
    }
    if (letter.lane !== "volatile") this.assignSequence(letter);
    const stamp = { s: letter.sequence || undefined, a: this.piggybackAck() };
    this.#outlet?.send(this.codec.stamp(letter.message, stamp));
    if (letter.lane !== "event") letter.resolve();
  }

  /** Whether the other half has no room for an event. */
  get #crowded(): boolean {
    return isFull(
      this.#credit,
      Array.from(this.#unacked, ({ lane, size }) => (lane === "event" ? size : 0)),
    );
  }

  /** It is one too many, unless somebody awaits it. */
  async #overflow(letter: OutgoingMessage): Promise<void> {
    // Who does has called `then` two microtasks later, and sends no more meanwhile.
    await Promise.resolve();
    await Promise.resolve();
    if (this.#options.full === "reject" || !letter.awaited)
      this.#refuse(letter, "OUTBOX_FULL", "too much waits: await what you send");
  }

  #refuse(letter: OutgoingMessage, code: string, why: string): void {
    if (this.isUnsent(letter)) this.#fail(letter, new RequestError(code, why));
  }

  #fail(letter: OutgoingMessage, error: unknown): void {
    this.#forget(letter);
    letter.reject(error);
  }

  /** Keeps a message no more; false when it was not kept. */
  #forget(letter: OutgoingMessage): boolean {
    this.#again?.delete(letter);
    const kept = this.#pending.delete(letter) || this.#unacked.delete(letter);
    if (kept) this.#size -= letter.size;
    return kept;
  }

  /** Whether a wire is live and takes more; when it does again, it goes on. */
  #roomy(): boolean {
    const drained = this.#outlet?.drained();
    if (drained && drained !== this.#draining) {
      this.#draining = drained;
      void drained.then(() => this.#push());
    }
    return !!this.#outlet && !drained;
  }
}

/** The bytes of a message. */
function sizeOf(message: Message): number {
  return typeof message === "string" ? new TextEncoder().encode(message).length : message.length;
}
