import { type FrameCodec, type Message, RequestError, Sent } from "@symbolon/protocol";
import { jsonFrames, type Outbox, type SendOptions, type Wire } from "@symbolon/protocol/internal";

/** Says things on the one wire of a plain client, which acknowledges nothing: what the socket has taken is settled. */
export class PlainOutbox implements Outbox {
  readonly codec: FrameCodec = jsonFrames;
  /** What was said before the wire was there, or waits for room on it. */
  readonly #waiting = new Map<Sent, Message | undefined>();
  #wire: Pick<Wire, "send" | "drained"> | undefined;
  #ended: { readonly reason: unknown } | undefined;

  send(message: Message, { lane }: SendOptions = {}): Sent {
    const sent = new Sent();
    if (this.#ended) sent.reject(this.#ended.reason);
    else if (lane === "volatile" && this.#wire?.drained() !== undefined)
      sent.reject(new RequestError("DROPPED", "a volatile event could not go at once"));
    else if (this.#wire === undefined) this.#waiting.set(sent, message);
    else this.#transmit(this.#wire, message, sent);
    return sent;
  }

  withdraw(sent: Sent): boolean {
    return this.#waiting.get(sent) !== undefined && this.#waiting.delete(sent);
  }

  rejectSent(): boolean {
    return false; // it was not asked to tell
  }

  hold(): () => void {
    return () => {};
  }

  /** The wire is there: what was said goes first, in order. */
  attach(wire: Pick<Wire, "send" | "drained">): void {
    this.#wire = wire;
    for (const [sent, message] of Array.from(this.#waiting)) {
      this.#waiting.delete(sent);
      this.#transmit(wire, String(message), sent);
    }
  }

  /** The wire has ended, for `reason`: what waits for room fails, and so does every later send. */
  end(reason: unknown): void {
    this.#ended ??= { reason };
    for (const sent of this.#waiting.keys()) sent.reject(reason);
    this.#waiting.clear();
  }

  #transmit(wire: Pick<Wire, "send" | "drained">, message: Message, sent: Sent): void {
    wire.send(message);
    const drained = wire.drained();
    if (drained === undefined) return sent.resolve();
    this.#waiting.set(sent, undefined);
    void drained.then(() => {
      this.#waiting.delete(sent);
      sent.resolve();
    });
  }
}
