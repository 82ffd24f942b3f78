import { type Closed, type Messages, CallingPeer, type PeerOptions } from "@symbolon/protocol";

/** The client of one connection, as a contract's setup holds it. */
export class Peer<Says extends Messages = Messages> extends CallingPeer<Says> {
  /** Names this connection; no two share it. */
  readonly id: string;
  /** Resolves when the connection has ended. Never rejects. */
  readonly closed: Promise<Closed>;
  /** Aborts when the connection ends. */
  readonly signal: AbortSignal;

  constructor(id: string, options: PeerOptions, closed: Promise<Closed>, signal: AbortSignal) {
    super(options);
    this.id = id;
    this.closed = closed;
    this.signal = signal;
  }
}
