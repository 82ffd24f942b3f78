import { type Closed, type Messages, Peer as BasePeer, type PeerOptions } from "@symbolon/protocol";

/** The client of one connection, as a contract's setup holds it. */
export class Peer<Says extends Messages = Messages> extends BasePeer<Says> {
  /** Resolves when the connection has ended. Never rejects. */
  readonly closed: Promise<Closed>;
  /** Aborts when the connection ends. */
  readonly signal: AbortSignal;

  constructor(options: PeerOptions, closed: Promise<Closed>, signal: AbortSignal) {
    super(options);
    this.closed = closed;
    this.signal = signal;
  }
}
