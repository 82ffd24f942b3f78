import { CloseCode, type Closed, type Messages, ProtocolError, RequestError } from "@symbolon/protocol";
import {
  type Frame,
  type FrameReceiver,
  type FrameTable,
  type QueueLimits,
  receiverOf,
  RpcPeer,
  type RpcPeerOptions,
} from "@symbolon/protocol/internal";
import type { ObservableSession, SessionChange } from "../session/session-change.ts";

/** How many messages of a client may wait for their handlers. */
export const limits: QueueLimits = { pause: 64, volatile: 64, max: 1_024 };
/** A plain client numbers no event. Reading stops at 64 messages, but one read of the socket may bring 2,000 small ones. */
export const plainLimits: QueueLimits = { ...limits, volatile: Infinity, max: 2_048 };

/** What a client's peer needs besides. */
interface ServerPeerOptions extends RpcPeerOptions {
  /** The last number that an event or call had before a restart. @default 0 */
  readonly lastId?: number | undefined;
  /** The most bytes of a message from the client. */
  readonly maxPayload: number;
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
  readonly #options: ServerPeerOptions;

  constructor(
    options: ServerPeerOptions,
    session: ObservableSession,
    closed: Promise<Closed>,
    signal: AbortSignal,
  ) {
    super(options);
    this.#options = options;
    this.lastId = options.lastId ?? 0;
    this.id = session.id;
    this.subscribe = (listener) => session.subscribe(listener);
    this.closed = closed;
    this.signal = signal;
  }

  /** As of every peer, but messages that are too large for the contract's route fail. */
  override get frames(): FrameTable {
    const frames = super.frames;
    const receive: FrameReceiver = (frame, bytes) =>
      bytes > this.#options.maxPayload
        ? this.#receiveTooLarge(frame, bytes)
        : receiverOf(frames, frame)(frame, bytes);
    return Object.fromEntries(Object.keys(frames).map((t) => [t, receive]));
  }

  /** Fails a message after those before it. @throws ProtocolError with 1009 for a frame that cannot fail alone. */
  #receiveTooLarge(frame: Frame, bytes: number): void {
    if (!this.accepts(frame)) return;
    const reason = `a message to this path has at most ${this.#options.maxPayload} bytes`;
    if (frame.t !== "event" && frame.t !== "request" && frame.t !== "stream")
      throw new ProtocolError(reason, CloseCode.TooLarge);
    const { t, name, q, s } = frame;
    const done = t === "stream" ? undefined : this.#options.receiver?.hold(s, t === "event" ? bytes : 0);
    this.queue(() => {
      const report = this.reportFailure({ name, q }, new RequestError("TOO_LARGE", reason));
      if (report) void report.then(done, done);
      else done?.();
    });
  }
}
