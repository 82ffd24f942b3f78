import { RequestError } from "./errors.ts";
import { type FrameCodec, jsonFrames } from "./frame.ts";
import { Sent } from "./sent.ts";
import type { Message, Wire } from "./wire.ts";

/** What a session holds while it waits for a wire. */
export interface SessionOptions {
  /** Messages kept while no wire is live. Default 1,000; one more fails with `OUTBOX_FULL`. */
  readonly limit?: number;
}

/** What a session needs of a wire. */
type Outlet = Pick<Wire, "send" | "drained">;

/** Keeps what is said until a wire is live, and says it in order on whichever wire that is. */
export class Session {
  /** How frames are written: JSON unless the halves may agree, or have agreed, on another codec. */
  codec: FrameCodec = jsonFrames;
  readonly #limit: number;
  /** What waits for a wire, in order; what is taken out is never sent. */
  readonly pending: Map<Sent, Message> = new Map();
  #wire: Outlet | undefined;
  #ended: { readonly reason: unknown } | undefined;

  constructor({ limit = 1_000 }: SessionOptions = {}) {
    this.#limit = limit;
  }

  /** Sends a frame that `codec` wrote, or keeps it until a wire is live. */
  send(message: Message): Sent {
    const sent = new Sent();
    if (this.#ended) sent.fail(this.#ended.reason);
    else if (this.#wire) this.#transmit(this.#wire, message, sent);
    else if (this.pending.size < this.#limit) this.pending.set(sent, message);
    else
      sent.fail(new RequestError("OUTBOX_FULL", `more than ${this.#limit} messages wait for a connection`));
    return sent;
  }

  /** The handshake on `wire` is done: what was kept goes first, in order. */
  live(wire: Outlet): void {
    this.#wire = wire;
    for (const [sent, message] of this.pending) this.#transmit(wire, message, sent);
    this.pending.clear();
  }

  /** The wire is gone; what is said from now on is kept. */
  parked(): void {
    this.#wire = undefined;
  }

  /** Nothing will be sent any more: what was kept fails with `reason`, and so does every later send. */
  end(reason: unknown): void {
    this.#ended ??= { reason };
    for (const sent of this.pending.keys()) sent.fail(reason);
    this.pending.clear();
  }

  #transmit(wire: Outlet, message: Message, sent: Sent): void {
    // It may have been written before it was known that the other half does not have that codec.
    wire.send(this.codec === jsonFrames ? String(message) : message);
    const drained = wire.drained();
    if (drained) void drained.then(() => sent.settle());
    else sent.settle();
  }
}
