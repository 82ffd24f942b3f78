import { CloseCode, type Closed, type Messages, ProtocolError, RequestError } from "@symbolon/protocol";
import {
  type Frame,
  type FrameReceiver,
  type FrameTable,
  RpcPeer,
  type RpcPeerOptions,
} from "@symbolon/protocol/internal";
import type { ObservableSession, SessionChange } from "../session/session-change.ts";

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
    const limited = Object.entries(super.frames).map(([t, receive]): [string, FrameReceiver] => [
      t,
      (frame, bytes) =>
        bytes > this.#options.maxPayload
          ? this.#receiveTooLarge(frame, bytes)
          : (receive as FrameReceiver)(frame, bytes),
    ]);
    return Object.fromEntries(limited);
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
