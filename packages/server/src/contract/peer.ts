import type { Closed, Messages } from "@symbolon/protocol";
import { RpcPeer, type PeerOptions, type Task } from "@symbolon/protocol/internal";
import type { SessionChange, ObservableSession } from "../session/session-change.ts";

/** What a client's peer needs besides. */
interface ServerPeerOptions extends PeerOptions {
  /** Keeps what waits for its turn, and takes the turns one after another. */
  readonly queue: (turn: Task) => void;
  /** The last number that an event or call of this half has had, when it goes on after a restart. Default 0. */
  readonly from?: number | undefined;
}

/** A client, as a contract's setup holds it: one session, over as many connections as it takes. */
export class Peer<Says extends Messages = Messages> extends RpcPeer<Says> {
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
  readonly subscribe: (watcher: (change: SessionChange) => void) => () => void;

  readonly #queue: (turn: Task) => void;

  constructor(
    options: ServerPeerOptions,
    session: ObservableSession,
    closed: Promise<Closed>,
    signal: AbortSignal,
  ) {
    super(options);
    this.lastId = options.from ?? 0;
    this.#queue = options.queue;
    this.id = session.id;
    this.subscribe = (watcher) => session.subscribe(watcher);
    this.closed = closed;
    this.signal = signal;
  }

  override queue(turn: Task): void {
    this.#queue(turn);
  }
}
