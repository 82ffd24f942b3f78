import type {
  Answer,
  AskArguments,
  EventInput,
  EventName,
  Messages,
  RequestName,
  StreamName,
} from "./contract.ts";
import { CloseError, RequestError, type ValidationError } from "./errors.ts";
import type { ErrorFrame, EventFrame, Frame, RequestFrame, StreamFrame } from "./frame.ts";
import type { AnyCalls, CallHandler, Turn } from "./kind.ts";
import { Queue } from "./queue.ts";
import { notFound, refusal, refusalOf } from "./refusal.ts";
import { validate } from "./schema.ts";
import type { Sent } from "./sent.ts";
import type { Session } from "./session.ts";
import type { Message } from "./wire.ts";

/** An event of this half that the other half refused. */
export interface Failure {
  /** The event's name. */
  readonly name: string;
  /** What was sent with it. */
  readonly data: unknown;
  /** Why: `ValidationError` with the issues, or `RequestError` with its code. */
  readonly error: ValidationError | RequestError;
}

/** What a peer needs of its half. */
export interface PeerOptions {
  /** What the other half may say. */
  readonly hears: Messages;
  /** What this half may say. */
  readonly says: Messages;
  /** Delivers what this half says. */
  readonly session: Session;
  /** Does something in so many ms, unless it is undone. */
  readonly after: (ms: number, then: () => void) => () => void;
  /** Whether the other half is asked to tell of events that fail. Default true. */
  readonly askForFailures?: boolean;
  /** Told of each event that the other half refused. */
  readonly failed?: (failure: Failure) => void;
  /** Told what a handler threw; only `INTERNAL` crosses to the other half. */
  readonly crashed?: (error: unknown, name: string) => void;
  /**
   * Told when this half begins to wait for answers, and when it waits for none any more: meanwhile the other half must
   * be heard, for a handler may wait as well.
   */
  readonly asking?: (waits: boolean) => void;
  /** A handler threw `CloseError`: the connection is to be closed. */
  readonly close?: (error: CloseError) => void;
  /** Where messages wait for their handlers: a `Mailbox` bounds it. Default without bounds. */
  readonly inbox?: Queue<Turn>;
}

/** Handles an event by name; what it gives is awaited before the next message is handled. */
export type Dispatch = (name: string, input: unknown) => unknown;

/** How many sent events are remembered, so that a failure can say which one it was. */
const memory = 256;

/**
 * One end of a conversation: says events, asks requests and streams, and hands the messages of the other half to their
 * handlers. Events are handled one after another; a call starts after the events before it, and calls overlap.
 */
export class Peer<Says extends Messages = Messages> {
  readonly #options: PeerOptions;
  readonly #inbox: Queue<Turn>;
  /** There are none where there are only events; then the types let nobody ask, and asking is a TypeError. */
  readonly #calls: AnyCalls | undefined;
  readonly #recent = new Map<number | undefined, { readonly name: string; readonly data: unknown }>();
  #dispatch: Dispatch | undefined;
  #last = 0;
  #losses = 0;

  constructor(options: PeerOptions) {
    const { says, hears, session, after, asking } = options;
    this.#options = options;
    this.#inbox = options.inbox ?? new Queue();
    const kind = Object.values({ ...says, ...hears }).find((message) => "calls" in message);
    this.#calls = kind?.calls({
      session,
      after,
      asking,
      says: (name) => own(says, name),
      hears: (name) => own(hears, name),
      number: () => (this.#last += 1),
      queue: (turn) => this.#inbox.put(turn),
      failed: (frame, error) => this.#failed(frame, error),
    });
  }

  /**
   * Says an event to the other half. Await it to be paced: it settles when the socket has taken it.
   * @throws TypeError at once when the data cannot be written.
   */
  send<Name extends EventName<Says>>(name: Name, data: EventInput<Says, Name>): Sent {
    const { askForFailures = true, session } = this.#options;
    const q = askForFailures ? (this.#last += 1) : undefined;
    const sent = session.send(session.codec.write({ t: "event", name, data, q }));
    if (q) {
      this.#recent.set(q, { name, data });
      const [oldest] = this.#recent.keys();
      if (this.#recent.size > memory) this.#recent.delete(oldest);
    }
    return sent;
  }

  /**
   * Asks for one answer. Rejects with `RequestError` or `ValidationError` when the other half refuses, with
   * `OutcomeUnknown` when the connection was lost meanwhile, and with the signal's reason when it is given up.
   */
  async request<Name extends RequestName<Says>>(
    name: Name,
    ...[data, options]: AskArguments<Says, Name>
  ): Promise<Answer<Says, Name>> {
    return (this.#calls as AnyCalls).ask("request", name, data, options);
  }

  /** Asks for many answers, when it is iterated; leaving the loop ends the stream at the other half. Fails as `request` does. */
  stream<Name extends StreamName<Says>>(
    name: Name,
    ...[data, options]: AskArguments<Says, Name>
  ): AsyncGenerator<Answer<Says, Name>, void, undefined> {
    return (this.#calls as AnyCalls).ask("stream", name, data, options) as AsyncGenerator<
      Answer<Says, Name>,
      void,
      undefined
    >;
  }

  /** Names who handles a request or a stream of the other half; returns its own undo. Throws TypeError when somebody does already. */
  handle(name: string, handler: CallHandler): () => void {
    return (this.#calls as AnyCalls).handle(name, handler);
  }

  /**
   * Takes a frame of the conversation, of so many characters; false when it is not one of these.
   * @throws ProtocolError when it is, but has no place now.
   */
  receive(frame: Frame, size: number): boolean {
    if ("name" in frame && (frame.t === "event" || !this.#calls)) {
      const losses = this.#losses;
      this.#inbox.put(() => this.#hear(frame, losses));
    } else if (!("q" in frame || "re" in frame)) return frame.t === "error";
    else if (frame.t === "error" && this.#recent.has(frame.re)) this.#told(frame);
    else this.#calls?.receive(frame, size);
    return true;
  }

  /** Hands events to `dispatch` until `end`, and starts calls. What came before waits in the inbox. Resolves when all are handled. */
  async serve(dispatch: Dispatch): Promise<void> {
    this.#dispatch = dispatch;
    for (;;) {
      const turn = await this.#inbox.take().catch(() => {});
      if (!turn) return this.#calls?.idle(); // the inbox ended
      await turn();
    }
  }

  /** The connection was lost: what was asked on it stays unanswered, and what it asked is given up. */
  lost(): void {
    this.#losses += 1;
    this.#options.session.parked();
    this.#calls?.lost();
  }

  /** No more will be heard or said; what was heard is still handled. */
  end(reason: unknown): void {
    this.#inbox.end(reason);
    this.lost();
    this.#options.session.end(reason);
  }

  async #hear(frame: EventFrame | RequestFrame | StreamFrame, losses: number): Promise<void> {
    const { t, name, data, q } = frame;
    try {
      const schema = own(this.#options.hears, name);
      if (t !== "event" || !schema || !("~standard" in schema)) throw notFound(frame);
      await this.#dispatch?.(name, await validate(schema, data));
    } catch (error) {
      // On a new connection its number means something else.
      this.#failed({ name, q: losses === this.#losses ? q : undefined }, error);
    }
  }

  #failed(frame: Pick<EventFrame, "name" | "q">, error: unknown): void {
    if (error instanceof CloseError) return this.#options.close?.(error);
    const { session } = this.#options;
    let answer: Message;
    try {
      answer = session.codec.write(refusal(frame.q, error));
    } catch (crash) {
      this.#options.crashed?.(crash, frame.name);
      return this.#failed(frame, new RequestError("INTERNAL", "the handler failed"));
    }
    if (frame.q) session.send(answer);
  }

  #told(frame: ErrorFrame): void {
    const event = this.#recent.get(frame.re);
    if (!event) return; // long ago: nobody waits for it
    this.#recent.delete(frame.re);
    this.#options.failed?.({ ...event, error: refusalOf(frame) });
  }
}

function own(messages: Messages, name: string): Messages[string] | undefined {
  return Object.hasOwn(messages, name) ? messages[name] : undefined;
}
