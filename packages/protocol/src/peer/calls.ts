import { ConcurrencyLimit } from "../async/limiter.ts";
import type { Task } from "../async/queue.ts";
import { Sent } from "../async/sent.ts";
import { isThenable } from "../async/thenable.ts";
import type {
  CallChannel,
  CallHandler,
  CallListener,
  CallOptions,
  CallStarter,
  IncomingCall,
} from "../contract/call.ts";
import type { MessageKind } from "../contract/message-kind.ts";
import { CloseError, ProtocolError, RequestError } from "../errors.ts";
import { notFound } from "../frames/error-frames.ts";
import {
  type CallFrame,
  type RequestFrame,
  type Stamp,
  stampSize,
  type StreamFrame,
} from "../frames/frame.ts";
import type { FrameTable } from "../frames/frame-table.ts";
import { outboxFull } from "../session/outbox.ts";
import { byteLength } from "../wire/byte-length.ts";
import { NumberedChannel } from "./call-channel.ts";
import { own, type PeerOptions } from "./peer.ts";

/** How many calls of the remote peer are served at once; more wait. */
const maxServed = 16;
/** How many calls of one peer may be open; this peer keeps back its own that are more. */
const maxOpen = 64;
/** The bytes of this peer's calls that may be kept back. */
const maxWaitingBytes: number = 2 ** 22;

/** What calls need of their peer. */
interface CallsPeer {
  /** A number that no event or call of this peer has had. */
  readonly nextId: () => number;
  /** Whether a message is received. @throws ProtocolError with 4429 when too many messages wait. */
  readonly accepts: (frame: Stamp) => boolean;
  /** Runs a task after everything that was received before. */
  readonly queue: (task: Task) => void;
  /** This peer begins to wait for replies, or waits for none any more. */
  readonly onWaitingChange: (waiting: boolean) => void;
  /** A handler failed: the peer reports it to the remote peer, or closes. */
  readonly onHandlerError: (frame: RequestFrame | StreamFrame, error: unknown) => void;
  /** A handler failed after its call was over: the caller has stopped waiting. */
  readonly onLateError: (frame: RequestFrame | StreamFrame, error: unknown) => void;
}

interface OutgoingEntry {
  readonly receive: CallListener;
  /** Whether the remote peer may have the call. */
  readonly isSent: () => boolean;
}

/** The open calls of a peer, by number. */
export interface OpenCalls {
  /** Calls that this peer has started. */
  readonly outgoing: readonly number[];
  /** Streams of the remote peer that it serves; requests are not finished, and would arrive again. */
  readonly streams: readonly number[];
}

/** The requests and streams of a conversation: those that this peer starts, and those that it serves. */
export class Calls {
  readonly #options: PeerOptions;
  readonly #peer: CallsPeer;
  readonly #handlers = new Map<string, CallHandler>();
  readonly #outgoing = new Map<number | undefined, OutgoingEntry>();
  readonly #starting = new ConcurrencyLimit(maxOpen);
  readonly #incoming = new Map<number | undefined, IncomingCall>();
  readonly #streams = new Set<number>();
  readonly #serving = new ConcurrencyLimit(maxServed);
  readonly #running = new Set<Promise<void>>();
  /** The bytes of the requests and streams of the remote peer that are open. */
  #openBytes = 0;

  /** `options` are those of `peer`. */
  constructor(options: PeerOptions, peer: CallsPeer) {
    this.#options = options;
    this.#peer = peer;
  }

  /** The receivers of the frames of calls. */
  get frames(): FrameTable {
    const { receive } = this;
    const begin = this.#begin;
    return {
      request: begin,
      stream: begin,
      reply: receive,
      next: receive,
      end: receive,
      credit: receive,
      cancel: receive,
    };
  }

  /**
   * Sets the handler of a request or a stream of the remote peer. @returns a function that removes it.
   * @throws TypeError when it has a handler.
   */
  handle(name: string, handler: CallHandler): () => void {
    if (this.#handlers.has(name)) throw new TypeError(`${JSON.stringify(name)} has a handler already`);
    this.#handlers.set(name, handler);
    return () => void this.#handlers.delete(name);
  }

  /** Starts a call. @throws TypeError when the contract does not declare it. */
  start(t: MessageKind["t"], name: string, data: unknown, options: CallOptions = {}): unknown {
    const { outbox, after, sends } = this.#options;
    const { nextId, onWaitingChange } = this.#peer;
    const kind = own(sends, name);
    if (!isKind(kind, t)) throw new TypeError(`the contract declares no ${t} ${JSON.stringify(name)}`);
    const open: CallStarter["open"] = (input, deadline, listener) => {
      const q = nextId();
      const message = outbox.codec.write({ t, q, name, data: input, deadline });
      const bytes = byteLength(message) + stampSize;
      if (this.#starting.waitingWeight + bytes > maxWaitingBytes && this.#outgoing.size >= maxOpen)
        throw outboxFull();
      const sent = new Sent();
      let sending: Sent | undefined;
      const send = (): void => {
        sending = outbox.send(message, { lane: "call" });
        sending.then(
          () => sent.resolve(),
          (error: unknown) => sent.reject(error),
        );
      };
      const channel = this.#channel({ q }, () => {
        this.#outgoing.delete(q);
        this.#starting.release(send);
        if (this.#outgoing.size === 0) onWaitingChange(false);
      });
      this.#outgoing.set(q, { receive: listener, isSent: () => sending?.state === "fulfilled" });
      if (this.#outgoing.size === 1) onWaitingChange(true);
      this.#starting.run(send, bytes);
      const withdraw = (): boolean => sending === undefined || outbox.withdraw(sending);
      return Object.assign(channel, { sent, withdraw });
    };
    return kind.start({ open, after }, data, options);
  }

  /** Receives a frame of a call, whose message has so many bytes. @throws ProtocolError when it is not allowed now. */
  readonly receive = (frame: CallFrame & Stamp, bytes: number): void => {
    if (!this.#peer.accepts(frame)) return;
    const { q, re } = frame as { readonly q?: number; readonly re?: number };
    if ((q === undefined) === (re === undefined))
      throw new ProtocolError("a frame of a call has either q or re");
    if (q === undefined) this.#outgoing.get(re)?.receive(frame, bytes);
    else this.#incoming.get(q)?.receive(frame, bytes);
  };

  /** The session is lost: calls that were sent get no reply, and calls of the remote peer are cancelled. */
  sessionLost(): void {
    for (const { receive, isSent } of this.#outgoing.values()) if (isSent()) receive(undefined, 0);
    for (const call of this.#incoming.values()) call.receive(undefined, 0);
  }

  /** The calls that are open. */
  get open(): OpenCalls {
    return { outgoing: [...this.#outgoing.keys()] as number[], streams: [...this.#streams] };
  }

  /** The bytes of what the remote peer has sent in open calls, and no handler has read. */
  get heldBytes(): number {
    let bytes = this.#openBytes;
    for (const { unreadBytes = 0 } of this.#incoming.values()) bytes += unreadBytes;
    return bytes;
  }

  /** Resolves when no call of the remote peer is being served. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  /**
   * The remote peer calls: further frames of the call are received from now on, though its handler starts later. Messages
   * that arrive after it do not wait for it.
   */
  readonly #begin = (frame: RequestFrame | StreamFrame, bytes: number): void => {
    const { receives, receiver } = this.#options;
    const { queue, accepts } = this.#peer;
    if (!accepts(frame)) return;
    const { q, s, name, t } = frame;
    if (this.#incoming.has(q)) throw new ProtocolError(`call ${q} is open already`);
    if (this.#incoming.size >= maxOpen) throw new ProtocolError(`more than ${maxOpen} open calls`, 4429);
    const serve = (): void => {
      const result = this.#run(frame, call, channel);
      if (result === undefined) return this.#serving.release(serve);
      const running = result.then(() => {
        this.#running.delete(running);
        this.#serving.release(serve);
      });
      this.#running.add(running);
    };
    // A stream is finished when it arrives, and so are its frames: it may last for ever, and cannot be repeated in part.
    const finished = t === "request" ? receiver?.hold(s) : undefined;
    this.#openBytes += bytes;
    const channel = this.#channel({ re: q }, () => {
      this.#openBytes -= bytes;
      this.#incoming.delete(q);
      this.#streams.delete(q);
      this.#serving.cancel(serve);
      finished?.();
    });
    const kind = own(receives, name);
    const call = isKind(kind, t) ? kind.serve(channel) : unknownCall(frame, channel);
    this.#incoming.set(q, call);
    if (t === "stream") this.#streams.add(q);
    queue(() => {
      if (this.#isOpen(q, call)) this.#serving.run(serve);
    });
  };

  /** Runs the handler, and reports what it throws; to this peer alone when the caller has cancelled. @returns what is to be awaited. */
  #run(
    frame: RequestFrame | StreamFrame,
    call: IncomingCall,
    channel: CallChannel,
  ): Promise<unknown> | undefined {
    const fail = (error: unknown): void => {
      if (!this.#isOpen(frame.q, call)) {
        if (!isAnswer(error)) this.#peer.onLateError(frame, error);
        return;
      }
      channel.close();
      this.#peer.onHandlerError(frame, error);
    };
    try {
      const handler = this.#handlers.get(frame.name);
      if (!handler) throw notFound(frame);
      const result = call.run(frame, handler as never);
      return isThenable(result) ? Promise.resolve(result).catch(fail) : undefined;
    } catch (error) {
      fail(error);
    }
    return undefined;
  }

  /** Whether a call is open; another may have its number by now. */
  #isOpen(q: number, call: IncomingCall): boolean {
    return this.#incoming.get(q) === call;
  }

  #channel(number: { readonly q: number } | { readonly re: number }, onClose: () => void): CallChannel {
    return new NumberedChannel(this.#options.outbox, this.#options.nextTurn, number, onClose);
  }
}

/** Whether an error answers the caller, or only passes on that the caller has cancelled. */
function isAnswer(error: unknown): boolean {
  const { name } = Object(error) as { readonly name?: unknown };
  return name === "AbortError" || error instanceof RequestError || error instanceof CloseError;
}

/** A call that this peer does not serve. */
function unknownCall(frame: RequestFrame | StreamFrame, channel: CallChannel): IncomingCall {
  return {
    receive(said) {
      if (!said || said.t === "cancel") channel.close();
    },
    run() {
      throw notFound(frame);
    },
  };
}

function isKind(message: object | undefined, t: MessageKind["t"]): message is MessageKind {
  return message !== undefined && "t" in message && message.t === t;
}
