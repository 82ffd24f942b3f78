import type { EventInput, EventName, Messages } from "../contract/contract.ts";
import { CloseError, type OutcomeUnknown, RequestError, type ValidationError } from "../errors.ts";
import type { ErrorFrame, EventFrame, Frame } from "../frames/frame.ts";
import type { Outbox } from "../session/outbox.ts";
import type { Task } from "../async/queue.ts";
import { notFound, toErrorFrame, fromErrorFrame } from "../frames/error-frames.ts";
import { validate } from "../contract/schema.ts";
import type { Sent } from "../async/sent.ts";
import type { FrameShapes } from "../frames/frame-shapes.ts";
import type { Message } from "../wire/wire.ts";

/** An event of this half that failed, and that nobody awaited. */
export interface EventFailure {
  /** The event's name. */
  readonly name: string;
  /** What was sent with it. */
  readonly data: unknown;
  /**
   * Why: `ValidationError` with the issues, `RequestError` with its code, `OutcomeUnknown` when the session was lost, or
   * `CloseError` when it was closed before the event was sent.
   */
  readonly error: ValidationError | RequestError | OutcomeUnknown | CloseError;
}

/** How an event is sent. */
export interface EventOptions {
  /** Only the newest counts: it is dropped when it cannot go at once, and never sent again. Default false. */
  readonly volatile?: boolean;
}

/** What a peer needs of its half. */
export interface PeerOptions {
  /** What the other half may say. */
  readonly receives: Messages;
  /** What this half may say. */
  readonly sends: Messages;
  /** Delivers what this half says. */
  readonly session: Outbox;
  /** Does something in so many ms, unless it is undone. */
  readonly after: (ms: number, then: () => void) => () => void;
  /** Whether the other half is asked to tell of events that fail. Default true. */
  readonly requestErrorReports?: boolean;
  /** Told of each event that failed and that nobody awaits. */
  readonly onEventFailed?: (failure: EventFailure) => void;
  /** Told why an event of the other half failed that did not ask to be told. */
  readonly onUnreportedError?: (error: unknown, name: string) => void;
  /** Told what a handler threw; only `INTERNAL` crosses to the other half. */
  readonly onHandlerError?: (error: unknown, name: string) => void;
  /**
   * Told when this half begins to wait for answers, and when it waits for none any more: meanwhile the other half must
   * be heard, for a handler may wait as well.
   */
  readonly onWaitingChange?: (waits: boolean) => void;
  /** A handler threw `CloseError`: the connection is to be closed. */
  readonly close?: (error: CloseError) => void;
}

/** Handles an event by name and number; what it gives is awaited before the next message is handled. */
export type Dispatch = (name: string, input: unknown, s?: number) => unknown;

/** One end of a conversation: says events, and hands those of the other half to their handlers, one after another. */
export class EventPeer<Says extends Messages = Messages> {
  /** The frames it takes besides those of every conversation. */
  declare readonly frames?: FrameShapes;
  /** The last number that an event or call of this half has had. */
  protected lastId = 0;
  readonly #options: PeerOptions;
  #dispatch: Dispatch | undefined;
  #start: (() => void) | undefined;
  #over = false;
  /** Settles when all that was heard is handled. */
  #handled: Promise<unknown> = new Promise<void>((resolve) => (this.#start = resolve));
  #losses = 0;

  constructor(options: PeerOptions) {
    this.#options = options;
  }

  /**
   * Says an event to the other half. Awaited, it settles when the other half has handled it, in plain mode when the
   * socket has taken it; it fails with `ValidationError` or `RequestError` when it is refused there, with
   * `OutcomeUnknown` when the session was lost meanwhile, with `DROPPED` when it was volatile and could not go at once.
   * @throws TypeError at once when the data cannot be written.
   */
  send<Name extends EventName<Says>>(
    name: Name,
    data: EventInput<Says, Name>,
    { volatile = false }: EventOptions = {},
  ): Sent {
    const { requestErrorReports: askForFailures = true, session, onEventFailed: failed } = this.#options;
    const q = askForFailures && !volatile ? this.nextId() : undefined;
    const message = session.codec.write({ t: "event", name, data, q });
    if (volatile) return session.send(message, { lane: "volatile" });
    const unheard = (error: unknown): void => failed?.({ name, data, error: error as EventFailure["error"] });
    return session.send(message, { errorId: q, onUnhandled: unheard });
  }

  /**
   * Takes a frame of the conversation, of so many characters; false when it is not one of these.
   * @throws ProtocolError when it is, but has no place now.
   */
  receive(frame: Frame, size?: number): boolean {
    if (frame.t === "event") {
      const losses = this.#losses;
      const done = this.#options.session.hold(frame.s, size);
      this.queue(() => this.#hear(frame, losses, done));
    } else if (frame.t === "error") this.rejectSent(frame);
    else return false;
    return true;
  }

  /** Hands events to `dispatch` until `end`; what came before has waited. */
  serve(dispatch: Dispatch): void {
    this.#dispatch = dispatch;
    this.#start?.();
  }

  /**
   * The other half has lost the conversation: what was asked in it stays unanswered, what was heard is still handled, and
   * behind that `then` is called.
   */
  sessionLost(then?: Task): void {
    this.#losses += 1;
    if (then) this.queue(then);
  }

  /** No more will be heard or said; what was heard is still handled. */
  end(): void {
    this.#over = true;
    this.sessionLost();
  }

  /** A number that no event or call of this half has had. */
  protected nextId(): number {
    return (this.lastId += 1);
  }

  /** Has something done after what came before it, and before what comes after it. It must not reject. */
  queue(turn: Task): void {
    if (!this.#over) this.#handled = this.#handled.then(turn); // after the end nothing is heard
  }

  /** A handler failed: tells the other half, or closes. Gives what it tells. */
  protected reportFailure(frame: Pick<EventFrame, "name" | "q">, error: unknown): Sent | undefined {
    if (error instanceof CloseError) {
      this.#options.close?.(error);
      return undefined;
    }
    const { session } = this.#options;
    const tell = (why: unknown): Message => session.codec.write(toErrorFrame(frame.q, why));
    let answer: Message;
    try {
      answer = tell(error);
    } catch (crash) {
      this.#options.onHandlerError?.(crash, frame.name);
      return this.reportFailure(frame, new RequestError("INTERNAL", "the handler failed"));
    }
    if (frame.q) return session.send(answer, { lane: "answer", fallback: tell });
    this.#options.onUnreportedError?.(error, frame.name);
    return undefined;
  }

  /** Whether an `error` was of an event of this half that may still fail; it is told then. */
  protected rejectSent(frame: ErrorFrame): boolean {
    return this.#options.session.rejectSent(frame.re, fromErrorFrame(frame));
  }

  async #hear(frame: EventFrame, losses: number, done: () => void): Promise<void> {
    const { name, data, q, s } = frame;
    let told: Sent | undefined;
    try {
      const schema = own(this.#options.receives, name);
      if (!schema || !("~standard" in schema)) throw notFound(frame);
      await this.#dispatch?.(name, await validate(schema, data), s);
    } catch (error) {
      // On a new connection its number means something else.
      told = this.reportFailure({ name, q: losses === this.#losses ? q : undefined }, error);
    }
    if (told) void told.then(done, done); // not before: what is finished has not failed
    else done();
  }
}

/** The message of a name, which may be `constructor` or `__proto__`. */
export function own(messages: Messages, name: string): Messages[string] | undefined {
  return Object.hasOwn(messages, name) ? messages[name] : undefined;
}
