import { type FrameCodec, type Message, RequestError, Sent } from "@symbolon/protocol";
import { jsonFrames, type MessageSink, type Outbox, type SendOptions } from "@symbolon/protocol/internal";

/** Sends messages on the one wire of a plain client, which acknowledges nothing: what the socket has taken is settled. */
export class PlainOutbox implements Outbox {
  readonly codec: FrameCodec = jsonFrames;
  /** Messages that were sent before the wire was there; without one, messages that wait until the wire has drained. */
  readonly #waiting = new Map<Sent, Message | undefined>();
  #wire: MessageSink | undefined;
  /** The promise of a full wire that messages wait for. */
  #draining: Promise<void> | undefined;
  #ended: { readonly reason: unknown } | undefined;

  send(message: Message, { lane }: SendOptions = {}): Sent {
    const sent = new Sent();
    if (this.#ended) sent.reject(this.#ended.reason);
    else if (lane === "volatile" && this.#wire?.drained() !== undefined)
      sent.reject(new RequestError("DROPPED", "a volatile event could not be sent at once"));
    else if (this.#wire === undefined) this.#waiting.set(sent, message);
    else this.#transmit(this.#wire, message, sent);
    return sent;
  }

  withdraw(sent: Sent): boolean {
    return this.#waiting.get(sent) !== undefined && this.#waiting.delete(sent);
  }

  capacity(): Promise<void> | undefined {
    return this.#wire?.drained();
  }

  rejectSent(): boolean {
    return false; // a plain client is not asked to report errors
  }

  /** The wire is there: messages that were sent before go first, in order. */
  attach(wire: MessageSink): void {
    this.#wire = wire;
    for (const [sent, message] of Array.from(this.#waiting)) {
      this.#waiting.delete(sent);
      this.#transmit(wire, String(message), sent);
    }
  }

  /** The wire has ended, for `reason`: messages that wait fail, and so does every later one. */
  end(reason: unknown): void {
    this.#ended ??= { reason };
    for (const sent of this.#waiting.keys()) sent.reject(reason);
    this.#waiting.clear();
  }

  #transmit(wire: MessageSink, message: Message, sent: Sent): void {
    wire.send(message);
    const drained = wire.drained();
    if (drained === undefined) return sent.resolve();
    this.#waiting.set(sent, undefined);
    if (drained === this.#draining) return;
    this.#draining = drained;
    void drained.then(() => this.#drained());
  }

  #drained(): void {
    for (const [sent, message] of this.#waiting) {
      if (message !== undefined) continue;
      this.#waiting.delete(sent);
      sent.resolve();
    }
  }
}
