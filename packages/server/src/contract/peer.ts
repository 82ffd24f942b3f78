import { CloseCode, type Closed, type Messages, ProtocolError, RequestError } from "@symbolon/protocol";
import {
  type CallHandler,
  callFrames,
  type Frame,
  type QueueLimits,
  RpcPeer,
  type RpcPeerOptions,
  type Stamp,
} from "@symbolon/protocol/internal";
import type { ObservableSession, SessionChange } from "../session/session-change.ts";

/** How many messages of a client may wait for their handlers. */
export const limits: QueueLimits = { pause: 64, volatile: 64, max: 1_024 };
/** A plain client numbers no event. Reading stops at 64 messages, but one read of the socket may bring 2,000 small ones. */
export const plainLimits: QueueLimits = { ...limits, volatile: Infinity, max: 2_048 };

/** What a client's peer needs: its conversation, of which there is one for each peer. */
export interface PeerConversation extends RpcPeerOptions, ObservableSession {
  /** The most bytes of a message from the client. */
  readonly maxPayload: number;
  /** As `Peer.closed`. */
  readonly closed: Promise<Closed>;
  /** As `Peer.signal`. */
  readonly signal: AbortSignal;
  /** As `Peer.moved`. */
  readonly moved: boolean;
  /** The handler that the setup gave for a request or a stream; undefined without one. */
  handlerOf(name: string): CallHandler | undefined;
}

/** A client, as a contract's setup gets it: one session, over any number of connections. */
export class Peer<Sends extends Messages = Messages> extends RpcPeer<Sends> {
  /** Names this session, in plain mode this connection; unique. */
  readonly id: string;
  readonly #conversation: PeerConversation;

  /** `lastId` is the last number that an event or call had before a restart. */
  constructor(conversation: PeerConversation, lastId: number) {
    super(conversation);
    this.#conversation = conversation;
    this.lastId = lastId;
    this.id = conversation.id;
  }

  /** Resolves when the session has ended. Never rejects. */
  get closed(): Promise<Closed> {
    return this.#conversation.closed;
  }

  /** Aborts when the session ends. */
  get signal(): AbortSignal {
    return this.#conversation.signal;
  }

  /**
   * Whether the session has ended in this process alone, and continues from the store: its client is at another server, or this
   * server shuts down. Code after the `yield` reads it, and does not tell others then that the client has left.
   * @default false until the session ends
   */
  get moved(): boolean {
    return this.#conversation.moved;
  }

  /**
   * Calls `listener` when the client disconnects, reconnects, or the session ends, until the returned function is called.
   * In plain mode there is only the end.
   */
  get subscribe(): (listener: (change: SessionChange) => void) => () => void {
    return (listener) => this.#conversation.subscribe(listener);
  }

  /** As every peer, but messages that are too large for the contract's route fail. */
  override receive(frame: Frame & Stamp, bytes: number): void {
    return bytes > this.#conversation.maxPayload && isOfConversation(frame)
      ? this.#receiveTooLarge(frame, bytes)
      : super.receive(frame, bytes);
  }

  protected override handlerOf(name: string): CallHandler | undefined {
    return this.#conversation.handlerOf(name) ?? super.handlerOf(name);
  }

  /** Fails a message after those before it. @throws ProtocolError with 1009 for a frame that cannot fail alone. */
  #receiveTooLarge(frame: Frame & Stamp, bytes: number): void {
    if (!this.accepts(frame)) return;
    const reason = `a message to this path has at most ${this.#conversation.maxPayload} bytes`;
    if (frame.t !== "event" && frame.t !== "request" && frame.t !== "stream")
      throw new ProtocolError(reason, CloseCode.TooLarge);
    const { t, name, q, s } = frame;
    const done = t === "stream" ? undefined : this.#conversation.receiver?.hold(s, t === "event" ? bytes : 0);
    this.queue(() => {
      const report = this.reportFailure({ name, q }, new RequestError("TOO_LARGE", reason));
      if (report) void report.then(done, done);
      else done?.();
    });
  }
}

function isOfConversation({ t }: Frame): boolean {
  return t === "event" || t === "error" || callFrames.has(t);
}
