import { ProtocolError } from "../errors.ts";
import type { CallFrame, Frame, RequestFrame, StreamFrame } from "../frames/frame.ts";
import type {
  CallStarter,
  CallOptions,
  CallChannel,
  CallHandler,
  CallListener,
  MessageKind,
  CallsOptions,
  IncomingCall,
} from "../contract/message-kind.ts";
import { notFound } from "../frames/error-frames.ts";
import { Sent } from "../async/sent.ts";
import { ConcurrencyLimit } from "../async/limiter.ts";

/** How many calls of the other half are served at once; more wait. */
const atOnce = 16;
/** How many calls a half may have asked that are not over; more wait where they are asked. */
const atMost = 64;

interface OutgoingEntry {
  readonly receive: CallListener;
  /** Whether the other half may have the question. */
  readonly isSent: () => boolean;
}

/** Calls by their numbers. */
export interface OpenCalls {
  /** Those that this half has asked. */
  readonly outgoing: readonly number[];
  /** The streams of the other half that it serves; its requests are not finished, and would come again. */
  readonly streams: readonly number[];
}

/** The requests and streams of a conversation: those this half asks, and those it serves. */
export class Calls {
  readonly #line: CallsOptions;
  readonly #handlers = new Map<string, CallHandler>();
  readonly #asked = new Map<number | undefined, OutgoingEntry>();
  readonly #asking = new ConcurrencyLimit(atMost);
  readonly #served = new Map<number | undefined, IncomingCall>();
  readonly #streams = new Set<number>();
  readonly #serving = new ConcurrencyLimit(atOnce);
  readonly #running = new Set<Promise<void>>();

  constructor(line: CallsOptions) {
    this.#line = line;
  }

  /** Names who handles a message of the other half; returns its own undo. Throws TypeError when somebody does already. */
  handle(name: string, handler: CallHandler): () => void {
    if (this.#handlers.has(name)) throw new TypeError(`${JSON.stringify(name)} is handled already`);
    this.#handlers.set(name, handler);
    return () => void this.#handlers.delete(name);
  }

  /** Asks. Throws TypeError when the contract has no such request or stream. */
  start(t: MessageKind["t"], name: string, data: unknown, options: CallOptions = {}): unknown {
    const { session, after, sends: says } = this.#line;
    const kind = says(name);
    if (!isKind(kind, t)) throw new TypeError(`${JSON.stringify(name)} is no ${t} of the contract`);
    const open: CallStarter["open"] = (input, deadline, hear) => {
      const q = this.#line.nextId();
      const message = session.codec.write({ t, q, name, data: input, deadline });
      const sent = new Sent();
      let leaving: Sent | undefined;
      const leave = (): void => {
        leaving = session.send(message, { lane: "call" });
        leaving.then(
          () => sent.resolve(),
          (error: unknown) => sent.reject(error),
        );
      };
      const call = this.#call({ q }, () => {
        this.#asked.delete(q);
        this.#asking.release(leave);
        if (this.#asked.size === 0) this.#line.onWaitingChange?.(false);
      });
      this.#asked.set(q, {
        receive: hear,
        isSent: () => leaving?.state === "fulfilled",
      });
      if (this.#asked.size === 1) this.#line.onWaitingChange?.(true);
      this.#asking.run(leave);
      return { sent, withdraw: () => leaving === undefined || session.withdraw(leaving), ...call };
    };
    return kind.start({ open, after }, data, options);
  }

  /** Takes a frame of a call, of so many characters. Throws ProtocolError when it has no place now. */
  receive(frame: RequestFrame | StreamFrame | CallFrame, size: number): void {
    if (frame.t === "request" || frame.t === "stream") this.#begin(frame);
    else if (!("q" in frame)) this.#asked.get(frame.re)?.receive(frame, size);
    else if (frame.re === undefined) this.#served.get(frame.q)?.receive(frame, size);
    else throw new ProtocolError("a call is named by q or by re, not by both");
  }

  /** The connection was lost: what was asked on it stays unanswered, and what it asked is given up. */
  sessionLost(): void {
    for (const { receive: hear, isSent: left } of this.#asked.values()) if (left()) hear(undefined, 0);
    for (const { receive: hear } of this.#served.values()) hear(undefined, 0);
  }

  /** The numbers of the calls that are open: those this half has asked, and the streams that it serves. */
  get open(): OpenCalls {
    return { outgoing: [...this.#asked.keys()] as number[], streams: [...this.#streams] };
  }

  /** Resolves when no call of the other half is being served. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  /**
   * The other half asks: what it says in the call is heard from now on, though the handler's turn comes later. What
   * was said after it does not wait for that.
   */
  #begin(frame: RequestFrame | StreamFrame): void {
    const { q, name, t } = frame;
    if (this.#served.has(q)) throw new ProtocolError(`there is a call ${q} already`);
    if (this.#served.size >= atMost) throw new ProtocolError(`more than ${atMost} calls at once`, 4429);
    const serve = (): void => {
      const run = this.#run(frame, served, call).then(() => {
        this.#running.delete(run);
        this.#serving.release(serve);
      });
      this.#running.add(run);
    };
    // A stream is finished on arrival, as what is said in it is: it may last for ever, and cannot come again in part.
    const finished = t === "request" ? this.#line.session.hold(frame.s) : () => {};
    const call = this.#call({ re: q }, () => {
      this.#served.delete(q);
      this.#streams.delete(q);
      this.#serving.cancel(serve);
      finished();
    });
    const kind = this.#line.receives(name);
    const served = isKind(kind, t) ? kind.serve(call) : nowhere(frame, call);
    this.#served.set(q, served);
    if (t === "stream") this.#streams.add(q);
    this.#line.queue(() => {
      if (this.#serves(q, served)) this.#serving.run(serve);
    });
  }

  /** Runs the handler; what it throws is told, unless the call was given up and nobody waits. */
  async #run(frame: RequestFrame | StreamFrame, served: IncomingCall, call: CallChannel): Promise<void> {
    const { q, name, data, deadline } = frame;
    const handler = this.#handlers.get(name);
    try {
      if (!handler) throw notFound(frame);
      await served.run(data, deadline, (input, told) =>
        handler(input as never, { ...told, s: frame.s } as never),
      );
    } catch (error) {
      if (!this.#serves(q, served)) return;
      call.close();
      this.#line.onHandlerError(frame, error);
    }
  }

  /** Whether a call is not over: another may have its number by now. */
  #serves(q: number, served: IncomingCall): boolean {
    return this.#served.get(q) === served;
  }

  #call(number: { readonly q: number } | { readonly re: number }, remove: () => void): CallChannel {
    let over = false;
    return {
      write: (said) => this.#line.session.codec.write({ ...said, ...number } as Frame),
      send: (message, instead) =>
        over ? new Sent() : this.#line.session.send(message, { lane: "answer", fallback: instead }),
      close() {
        if (over) return;
        over = true;
        remove();
      },
    };
  }
}

/** A call of what this half does not answer. */
function nowhere(frame: RequestFrame | StreamFrame, call: CallChannel): IncomingCall {
  return {
    receive(said) {
      if (said === undefined || said.t === "cancel") call.close();
    },
    run: () => Promise.reject(notFound(frame)),
  };
}

function isKind(message: object | undefined, t: MessageKind["t"]): message is MessageKind {
  return message !== undefined && "t" in message && message.t === t;
}
