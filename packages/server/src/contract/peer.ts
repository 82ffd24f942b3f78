import type { Closed, Messages } from "@symbolon/protocol";
import { type QueueLimits, RpcPeer, type RpcPeerOptions } from "@symbolon/protocol/internal";
import type { ObservableSession, SessionChange } from "../session/session-change.ts";

/** How many messages of a client with a session may wait for their handlers. */
const sessionLimits: QueueLimits = { pause: 64, volatile: 64, max: 1_024 };
/** The same of a plain client, which numbers no event. Reading stops at 64, but one read may bring 2,000 small ones. */
const plainLimits: QueueLimits = { pause: 64, volatile: Infinity, max: 2_048 };

/** What a client's peer needs besides. */
interface ServerPeerOptions extends Omit<RpcPeerOptions, "limits"> {
  /** The last number that an event or call had before a restart. @default 0 */
  readonly lastId?: number | undefined;
}

/** A client, as a contract's setup gets it: one session, over any number of connections. */
export class Peer<Sends extends Messages = Messages> extends RpcPeer<Sends> {
  /** Names this session, in plain mode this connection; unique. */
  readonly id: string;
  /** Resolves when the session has ended. Never rejects. */
  readonly closed: Promise<Closed>;
  /** Aborts when the session ends. */
  readonly signal: AbortSignal;
  /**
   * Calls `listener` when the client disconnects, reconnects, or the session ends, until the returned function is called.
   * In plain mode there is only the end.
   */
  readonly subscribe: (listener: (change: SessionChange) => void) => () => void;

  constructor(
    options: ServerPeerOptions,
    session: ObservableSession,
    closed: Promise<Closed>,
    signal: AbortSignal,
  ) {
    super({ ...options, limits: options.requestErrorReports === false ? plainLimits : sessionLimits });
    this.lastId = options.lastId ?? 0;
    this.id = session.id;
    this.subscribe = (listener) => session.subscribe(listener);
    this.closed = closed;
    this.signal = signal;
  }
}
