import { type Closed, type Messages, CallingPeer, type PeerOptions } from "@symbolon/protocol";
import type { SessionChange, Watched } from "./session-change.ts";

/** A client, as a contract's setup holds it: one session, over as many connections as it takes. */
export class Peer<Says extends Messages = Messages> extends CallingPeer<Says> {
  /** Names this session, in plain mode this connection; no two share it. */
  readonly id: string;
  /** Resolves when the session has ended. Never rejects. */
  readonly closed: Promise<Closed>;
  /** Aborts when the session ends. */
  readonly signal: AbortSignal;
  /**
   * Calls `watcher` when the client is away, is back, or the session has ended, until the returned function is called.
   * In plain mode there is only the end.
   */
  readonly watch: (watcher: (change: SessionChange) => void) => () => void;

  constructor(options: PeerOptions, session: Watched, closed: Promise<Closed>, signal: AbortSignal) {
    super(options);
    this.id = session.id;
    this.watch = (watcher) => session.watch(watcher);
    this.closed = closed;
    this.signal = signal;
  }
}
