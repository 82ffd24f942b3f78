import { type Message, type Sent, Session, type Wire } from "@symbolon/protocol";

/** A session that has one wire: what waits for room when that ends has failed. */
export class ServerSession extends Session {
  readonly #waiting = new Set<Sent>();
  #wire: Pick<Wire, "send" | "drained"> | undefined;

  override send(message: Message): Sent {
    const sent = super.send(message);
    const drained = this.#wire?.drained();
    if (drained === undefined) return sent;
    this.#waiting.add(sent);
    void drained.then(() => this.#waiting.delete(sent));
    return sent;
  }

  override live(wire: Pick<Wire, "send" | "drained">): void {
    this.#wire = wire;
    super.live(wire);
  }

  /** The wire has ended, for `reason`. */
  over(reason: unknown): void {
    for (const sent of this.#waiting) sent.fail(reason);
    this.end(reason);
  }
}
