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
import type { Messages } from "../contract/contract.ts";
import type { MessageKind } from "../contract/message-kind.ts";
import { CloseError, ProtocolError, RequestError } from "../errors.ts";
import { callFrames } from "../frames/call-frames.ts";
import { notFound } from "../frames/error-frames.ts";
import {
  type CallFrame,
  type Frame,
  type RequestFrame,
  type Stamp,
  stampSize,
  type StreamFrame,
} from "../frames/frame.ts";
import { outboxFull } from "../session/outbox.ts";
import { byteLength } from "../wire/byte-length.ts";
import { NumberedChannel } from "./call-channel.ts";
import { EventPeer, own, type PeerOptions } from "./peer.ts";

/** How many calls of the remote peer are served at once; more wait. */
const maxServed = 16;
/** How many calls of one peer may be open; this peer keeps back its own that are more. */
const maxOpen = 64;
/** The bytes of this peer's calls that may be kept back. */
const maxWaitingBytes: number = 2 ** 22;

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

/** A peer with calls: the requests and streams that it starts, and those that it serves. */
export class CallPeer<Sends extends Messages = Messages> extends EventPeer<Sends> {
  readonly #options: PeerOptions;
  // Each is made for the first call that needs it: most peers have no call most of the time.
  #handlers: Map<string, CallHandler> | undefined;
  #outgoing: Map<number | undefined, OutgoingEntry> | undefined;
  #starting: ConcurrencyLimit | undefined;
  #incoming: Map<number | undefined, IncomingCall> | undefined;
  #streams: Set<number> | undefined;
  #serving: ConcurrencyLimit | undefined;
  #running: Set<Promise<void>> | undefined;
  /** The bytes of the requests and streams of the remote peer that are open. */
  #openBytes = 0;

  constructor(options: PeerOptions) {
    super(options);
    this.#options = options;
  }

  override receive(frame: Frame & Stamp, bytes: number): void {
    return frame.t === "request" || frame.t === "stream"
      ? this.#begin(frame, bytes)
      : callFrames.has(frame.t) || frame.t === "error"
        ? this.#receive(frame as CallFrame, bytes)
        : super.receive(frame, bytes);
  }

  /**
   * Sets the handler of a request or a stream of the remote peer. @returns a function that removes it.
   * @throws TypeError when it has a handler.
   */
  handle(name: string, handler: CallHandler): () => void {
    if (this.handlerOf(name)) throw new TypeError(`${JSON.stringify(name)} has a handler already`);
    const handlers = (this.#handlers ??= new Map());
    handlers.set(name, handler);
    return () => void handlers.delete(name);
  }

  /** The calls that are open, by number: the remote peer has to be informed of them if this process is lost. */
  get openCalls(): OpenCalls {
    return {
      outgoing: [...(this.#outgoing?.keys() ?? [])] as number[],
      streams: [...(this.#streams ?? [])],
    };
  }

  /** The bytes of what the remote peer has sent in its open calls, and no handler has read. */
  get heldBytes(): number {
    let bytes = this.#openBytes;
    for (const { unreadBytes = 0 } of this.#incoming?.values() ?? []) bytes += unreadBytes;
    return bytes;
  }

  override sessionLost(task?: Task): void {
    super.sessionLost(task);
    for (const { receive, isSent } of this.#outgoing?.values() ?? []) if (isSent()) receive(undefined, 0);
    for (const call of this.#incoming?.values() ?? []) call.receive(undefined, 0);
  }

  /** Whether this peer waits for a reply. */
  protected get waitsForReply(): boolean {
    return !!this.#outgoing?.size;
  }

  /** The handler of a request or a stream of the remote peer; undefined when it has none. */
  protected handlerOf(name: string): CallHandler | undefined {
    return this.#handlers?.get(name);
  }

  /** Resolves when no call of the remote peer is being served. */
  protected async callsServed(): Promise<void> {
    if (this.#running) await Promise.all(this.#running);
  }

  /** Starts a call. @throws TypeError when the contract does not declare it. */
  protected start(t: MessageKind["t"], name: string, data: unknown, options: CallOptions = {}): unknown {
    const { outbox, after, sends } = this.#options;
    const kind = own(sends, name);
    if (!isKind(kind, t)) throw new TypeError(`the contract declares no ${t} ${JSON.stringify(name)}`);
    const open: CallStarter["open"] = (input, deadline, listener) => {
      const outgoing = (this.#outgoing ??= new Map());
      const starting = (this.#starting ??= new ConcurrencyLimit(maxOpen));
      const q = this.nextId();
      const message = outbox.codec.write({ t, q, name, data: input, deadline });
      const bytes = byteLength(message) + stampSize;
      if (starting.waitingWeight + bytes > maxWaitingBytes && outgoing.size >= maxOpen) throw outboxFull();
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
        outgoing.delete(q);
        starting.release(send);
        if (!outgoing.size) this.onQueueChange();
      });
      outgoing.set(q, { receive: listener, isSent: () => sending?.state === "fulfilled" });
      if (outgoing.size === 1) this.onQueueChange();
      starting.run(send, bytes);
      const withdraw = (): boolean => sending === undefined || outbox.withdraw(sending);
      return Object.assign(channel, { sent, withdraw });
    };
    return kind.start({ open, after }, data, options);
  }

  /** Receives a frame of a call that is open, or an error, which may be that of an event. */
  #receive(frame: CallFrame & Stamp, bytes: number): void {
    if (!this.accepts(frame)) return;
    if (frame.t === "error" && (this.rejectSent(frame) || frame.re === undefined)) return;
    const { q, re } = frame as { readonly q?: number; readonly re?: number };
    if ((q === undefined) === (re === undefined))
      throw new ProtocolError("a frame of a call has either q or re");
    if (q === undefined) this.#outgoing?.get(re)?.receive(frame, bytes);
    else this.#incoming?.get(q)?.receive(frame, bytes);
  }

  /**
   * The remote peer calls: further frames of the call are received from now on, though its handler starts later. Messages
   * that arrive after it do not wait for it.
   */
  #begin(frame: (RequestFrame | StreamFrame) & Stamp, bytes: number): void {
    if (!this.accepts(frame)) return;
    const { receives, receiver } = this.#options;
    const incoming = (this.#incoming ??= new Map());
    const serving = (this.#serving ??= new ConcurrencyLimit(maxServed));
    const { q, s, name, t } = frame;
    if (incoming.has(q)) throw new ProtocolError(`call ${q} is open already`);
    if (incoming.size >= maxOpen) throw new ProtocolError(`more than ${maxOpen} open calls`, 4429);
    const serve = (): void => {
      const result = this.#run(frame, call, channel);
      if (result === undefined) return serving.release(serve);
      const all = (this.#running ??= new Set());
      const running = result.then(() => {
        all.delete(running);
        serving.release(serve);
      });
      all.add(running);
    };
    // A stream is finished when it arrives, and so are its frames: it may last for ever, and cannot be repeated in part.
    const finished = t === "request" ? receiver?.hold(s) : undefined;
    this.#openBytes += bytes;
    const channel = this.#channel({ re: q }, () => {
      this.#openBytes -= bytes;
      incoming.delete(q);
      this.#streams?.delete(q);
      serving.cancel(serve);
      finished?.();
    });
    const kind = own(receives, name);
    const call = isKind(kind, t) ? kind.serve(channel) : unknownCall(frame, channel);
    incoming.set(q, call);
    if (t === "stream") (this.#streams ??= new Set()).add(q);
    this.queue(() => {
      if (this.#isOpen(q, call)) serving.run(serve);
    });
  }

  /** Runs the handler, and reports what it throws; to this peer alone when the caller has cancelled. @returns what is to be awaited. */
  #run(
    frame: RequestFrame | StreamFrame,
    call: IncomingCall,
    channel: CallChannel,
  ): Promise<unknown> | undefined {
    const fail = (error: unknown): void => {
      if (!this.#isOpen(frame.q, call)) {
        if (!isAnswer(error)) this.#options.onHandlerError?.(error, frame.name); // the caller has stopped waiting
        return;
      }
      channel.close();
      this.reportFailure(frame, error);
    };
    try {
      const handler = this.handlerOf(frame.name);
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
    return this.#incoming?.get(q) === call;
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
