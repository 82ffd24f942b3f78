import type { NextTurn } from "../async/event-loop.ts";
import type { Task } from "../async/queue.ts";
import type { Sent } from "../async/sent.ts";
import { isThenable } from "../async/thenable.ts";
import type { EventArguments, EventName, Messages } from "../contract/contract.ts";
import { validate } from "../contract/schema.ts";
import {
  CloseError,
  type OutcomeUnknown,
  ProtocolError,
  RequestError,
  type ValidationError,
} from "../errors.ts";
import { fromErrorFrame, notFound, toErrorFrame } from "../frames/error-frames.ts";
import type { ErrorFrame, EventFrame, Frame, Stamp } from "../frames/frame.ts";
import type { ReadOptions } from "../frames/frame-codec.ts";
import type { Outbox } from "../session/outbox.ts";
import type { Receiver } from "../session/receiver.ts";
import type { Message } from "../wire/wire.ts";

/** An event or a request that this peer sent and that failed, and that no code awaited. */
export interface EventFailure {
  /** The name of the event or request. */
  readonly name: string;
  /** The data that was sent with it. */
  readonly data: unknown;
  /**
   * Why it failed: `ValidationError` with the issues, `RequestError` with its code, `OutcomeUnknown` when the session was
   * lost, or `CloseError` when it was closed before the event was sent.
   */
  readonly error: ValidationError | RequestError | OutcomeUnknown | CloseError;
}

/** How an event is sent. */
export interface EventOptions {
  /** Only the newest event matters: it is dropped when it cannot be sent at once, and never sent again. @default false */
  readonly volatile?: boolean;
}

/** What a peer needs. */
export interface PeerOptions {
  /** The messages that the remote peer may send. */
  readonly receives: Messages;
  /** The messages that this peer may send. */
  readonly sends: Messages;
  /** Delivers the messages of this peer. */
  readonly outbox: Outbox;
  /** Registers which messages are finished. @default no message is acknowledged */
  readonly receiver?: Pick<Receiver, "hold"> | undefined;
  /** Calls `action` in so many ms, unless the returned function is called. */
  readonly after: (ms: number, action: () => void) => () => void;
  /** Lets the event loop run, as each loop does that a remote peer paces. @default such loops do not wait for it */
  readonly nextTurn?: NextTurn;
  /** Whether the remote peer reports no errors of events, as in plain mode. @default false */
  readonly plain?: boolean;
  /** Receives each event and request that failed and that no code awaits. */
  readonly onEventFailed?: (failure: EventFailure) => void;
  /** Receives the error of an event for which the remote peer did not ask for a report. */
  readonly onUnreportedError?: (error: unknown, name: string) => void;
  /** Receives what a handler threw; the remote peer gets `INTERNAL`, with what this returns as the error's data. */
  readonly onHandlerError?: (error: unknown, name: string) => { readonly id: string } | void;
  /** A handler threw `CloseError`: the connection is to be closed. */
  readonly close?: (error: CloseError) => void;
}

/** Calls the handler of an event by its name; `s` is the event's sequence. The next message waits for the result. */
export type Dispatch = (name: string, input: unknown, s?: number) => unknown;

/** One end of a conversation: sends events, and hands the remote peer's events to their handlers, one after another. */
export class EventPeer<Sends extends Messages = Messages> {
  /** How its frames are read. */
  declare readonly readOptions?: ReadOptions;
  /** The last number that an event or call of this peer has had. */
  protected lastId = 0;
  /** Tasks that have not started: each handles a message. */
  protected readonly tasks: Task[] = [];
  /** How many of them start in the next microtask: 1 or 0. */
  protected starting = 0;
  /** Whether nothing more is received. */
  protected stopped = false;
  readonly #options: PeerOptions;
  /** Wakes the loop that runs tasks; undefined while it runs, and until `serve`. */
  #wake: (() => void) | undefined;
  #dispatch: Dispatch | undefined;
  /** How often the remote peer has lost the session. */
  #losses = 0;

  constructor(options: PeerOptions) {
    this.#options = options;
  }

  /** How many messages wait for their handlers. */
  get waiting(): number {
    return this.tasks.length;
  }

  /**
   * Receives a frame of this conversation, whose message has so many bytes.
   * @throws ProtocolError when it is not allowed here, or not now.
   */
  receive(frame: Frame & Stamp, bytes: number): void {
    if (frame.t === "error") return void this.rejectSent(frame);
    if (frame.t !== "event") throw new ProtocolError(`unexpected frame "${frame.t}"`);
    if (!this.accepts(frame)) return;
    const losses = this.#losses;
    const done = this.#options.receiver?.hold(frame.s, bytes);
    this.queue(() => this.#handle(frame, losses, done));
  }

  /**
   * Sends an event. Awaited, it settles when the remote peer has handled it, in plain mode when the socket has taken it. It
   * fails with `ValidationError` or `RequestError` when the remote peer rejects it, with `OutcomeUnknown` when the session
   * was lost, with `DROPPED` when it was volatile and could not be sent at once.
   * @throws TypeError at once when the data cannot be written.
   */
  send<Name extends EventName<Sends>>(name: Name, ...event: EventArguments<Sends, Name, EventOptions>): Sent;
  send(name: string, data?: unknown, { volatile }: EventOptions = {}): Sent {
    const { plain, outbox } = this.#options;
    const q = plain || volatile ? undefined : this.nextId();
    const message = outbox.codec.write({ t: "event", name, data, q });
    if (volatile) return outbox.send(message, { lane: "volatile" });
    const onUnhandled = (error: unknown): void =>
      this.#options.onEventFailed?.({ name, data, error: error as EventFailure["error"] });
    return outbox.send(message, { errorId: q, onUnhandled });
  }

  /** Hands events to `dispatch`, those that waited first. */
  serve(dispatch: Dispatch): void {
    this.#dispatch = dispatch;
    this.#wait();
    if (this.tasks.length) this.#start();
  }

  /** Runs a task after everything that was received before it, and before everything that is received after it. */
  queue(task: Task): void {
    this.tasks.push(task);
    this.#start();
    this.onQueueChange();
  }

  /**
   * The remote peer has lost the session: this peer's calls get no reply. What was received is still handled, and `task`
   * runs after it.
   */
  sessionLost(task?: Task): void {
    this.#losses += 1;
    if (task) this.queue(task);
  }

  /** The conversation is over: receives nothing more, and its calls get no reply. What was received is still handled. */
  end(): void {
    this.stopped = true;
    this.sessionLost();
  }

  /** A number that no event or call of this peer has had. */
  protected nextId(): number {
    return (this.lastId += 1);
  }

  /** Whether a message is received. */
  protected accepts(_message: Stamp): boolean {
    return !this.stopped;
  }

  /** The number of tasks that wait has changed. */
  protected onQueueChange(): void {}

  /** A handler failed: reports it to the remote peer, or closes. @returns the report. */
  protected reportFailure(frame: Pick<EventFrame, "name" | "q">, error: unknown): Sent | undefined {
    if (error instanceof CloseError) {
      this.#options.close?.(error);
      return undefined;
    }
    const { outbox } = this.#options;
    const write = (reason: unknown): Message => outbox.codec.write(toErrorFrame(frame.q, reason));
    let report: Message;
    try {
      report = write(error);
    } catch (crash) {
      const data = this.#options.onHandlerError?.(crash, frame.name);
      return this.reportFailure(frame, new RequestError("INTERNAL", "the handler failed", data));
    }
    if (frame.q) return outbox.send(report, { lane: "answer", fallback: write });
    this.#options.onUnreportedError?.(error, frame.name);
    return undefined;
  }

  /** Fails the event that an `error` is about. @returns false when it is about no event that may still fail. */
  protected rejectSent(frame: ErrorFrame): boolean {
    return this.#options.outbox.rejectSent(frame.re, fromErrorFrame(frame));
  }

  #start(): void {
    if (!this.#wake) return;
    this.starting = 1;
    this.#wake();
  }

  /** Waits for the next task. It runs in the asynchronous context of this call, which is that of `serve`. */
  #wait(): void {
    void new Promise<void>((resolve) => (this.#wake = resolve)).then(() => this.#run());
  }

  /** Runs task after task. A task that is done at once costs no promise, and the first one starts in a later microtask. */
  async #run(): Promise<void> {
    this.#wake = undefined;
    this.starting = 0;
    while (this.tasks.length) {
      const capacity = this.#options.outbox.capacity();
      if (capacity) await capacity; // a message may cause an answer, which would be kept as well
      const task = this.tasks.shift();
      this.onQueueChange();
      const result = task?.();
      if (isThenable(result)) await result;
    }
    this.#wait();
  }

  #handle({ name, data, q, s }: EventFrame, losses: number, done?: () => void): unknown {
    const fail = (error: unknown): void => {
      // In another session its number means something else.
      const report = this.reportFailure({ name, q: losses === this.#losses ? q : undefined }, error);
      if (report) void report.then(done, done); // until the report is sent, the event must not be acknowledged
      else done?.();
    };
    const call = (input: unknown): unknown => this.#dispatch?.(name, input, s);
    try {
      const schema = own(this.#options.receives, name);
      if (!schema || !("~standard" in schema)) throw notFound({ t: "event", name });
      const input = validate(schema, data);
      const result = isThenable(input) ? input.then(call) : call(input);
      if (isThenable(result)) return Promise.resolve(result).then(done, fail);
      done?.();
    } catch (error) {
      fail(error);
    }
    return undefined;
  }
}

/** The message of a name, which may be `constructor` or `__proto__`. */
export function own(messages: Messages, name: string): Messages[string] | undefined {
  return Object.hasOwn(messages, name) ? messages[name] : undefined;
}
