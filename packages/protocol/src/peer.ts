import type { Messages } from "./contract.ts";
import { CloseError, RequestError, ValidationError } from "./errors.ts";
import { type ErrorFrame, type EventFrame, type Frame, readFrame, writeFrame } from "./frame.ts";
import { Queue } from "./queue.ts";
import { type Input, validate } from "./schema.ts";
import type { Sent } from "./sent.ts";
import type { Session } from "./session.ts";

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
  /** Delivers what this half says. */
  readonly session: Session;
  /** Whether the other half is asked to tell of events that fail. Default true. */
  readonly askForFailures?: boolean;
  /** Told of each event that the other half refused. */
  readonly failed?: (failure: Failure) => void;
  /** Told what a handler threw; only `INTERNAL` crosses to the other half. */
  readonly crashed?: (error: unknown, name: string) => void;
  /** A handler threw `CloseError`: the connection is to be closed. */
  readonly close?: (error: CloseError) => void;
  /** Where events wait for their handlers: a `Mailbox` bounds it. Default without bounds. */
  readonly inbox?: Queue<EventFrame>;
}

/** Handles an event by name; what it returns is awaited before the next event is handled. */
export type Dispatch = (name: string, input: unknown) => unknown;

/** How many sent events are remembered, so that a failure can say which one it was. */
const memory = 256;

/** One end of a conversation: says events, and hands those of the other half to their handlers, one after another. */
export class Peer<Says extends Messages = Messages> {
  readonly #options: PeerOptions;
  readonly #inbox: Queue<EventFrame>;
  readonly #recent = new Map<number | undefined, { readonly name: string; readonly data: unknown }>();
  #asked = 0;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#inbox = options.inbox ?? new Queue();
  }

  /**
   * Says an event to the other half. Await it to be paced: it settles when the socket has taken it.
   * @throws TypeError at once when the data cannot be JSON.
   */
  send<Name extends keyof Says & string>(name: Name, data: Input<Says[Name]>): Sent {
    const { askForFailures = true, session } = this.#options;
    const q = askForFailures ? (this.#asked += 1) : undefined;
    const sent = session.send(writeFrame({ t: "event", name, data, q }));
    if (q) {
      this.#recent.set(q, { name, data });
      this.#recent.delete(q - memory);
    }
    return sent;
  }

  /** Takes a frame of the conversation; false when it is not one of these. */
  receive(frame: Frame): boolean {
    if (frame.t === "event") this.#inbox.put(frame);
    else if (frame.t === "error") this.#told(frame);
    else return false;
    return true;
  }

  /** Hands events to `dispatch`, one after another, until `end`. What came before waits in the inbox. */
  async serve(dispatch: Dispatch): Promise<void> {
    for (;;) {
      const frame = await this.#inbox.take().catch(() => {});
      if (!frame) return; // the inbox ended
      await this.#handle(frame, dispatch);
    }
  }

  /** No more will be heard or said; what was heard is still handled. */
  end(reason: unknown): void {
    this.#inbox.end(reason);
    this.#options.session.end(reason);
  }

  async #handle(frame: EventFrame, dispatch: Dispatch): Promise<void> {
    const { name, data } = frame;
    const { hears, close } = this.#options;
    try {
      // Not what it inherits: a message may be called "constructor" or "__proto__", or be missing under that name.
      const schema = Object.hasOwn(hears, name) && hears[name];
      if (!schema) throw new RequestError("NOT_FOUND", `there is no message ${JSON.stringify(name)}`);
      await dispatch(name, await validate(schema, data));
    } catch (error) {
      if (error instanceof CloseError) close?.(error);
      else this.#refuse(frame, error);
    }
  }

  #refuse(frame: EventFrame, error: unknown): void {
    let answer: string;
    try {
      answer = refusal(frame.q, error);
    } catch (crash) {
      this.#options.crashed?.(crash, frame.name);
      return this.#refuse(frame, new RequestError("INTERNAL", "the handler failed"));
    }
    if (frame.q) this.#options.session.send(answer);
  }

  #told({ re, code, message, data }: ErrorFrame): void {
    const event = this.#recent.get(re);
    if (!event) return; // long ago, or never said: nobody waits for it
    this.#recent.delete(re);
    const error =
      code === "INVALID" && Array.isArray(data)
        ? new ValidationError(data.filter(isIssue))
        : new RequestError(code, message, data);
    this.#options.failed?.({ ...event, error });
  }
}

/** The answer to an event that failed. Throws what the other half must not or cannot be told. */
function refusal(re: number | undefined, error: unknown): string {
  if (!(error instanceof RequestError || error instanceof ValidationError)) throw error;
  const { code, message, data } = error;
  const answer = writeFrame({ t: "error", re, code, message, data });
  readFrame(answer); // an empty code, say: the other half would end the conversation over it
  return answer;
}

function isIssue(value: unknown): value is { message: string; path?: (string | number)[] } {
  const { message, path = [] } = Object(value) as { message?: unknown; path?: unknown };
  return typeof message === "string" && Array.isArray(path) && path.every((step) => typeof step !== "object");
}
