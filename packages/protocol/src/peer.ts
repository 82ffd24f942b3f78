import type { Messages } from "./contract.ts";
import { CloseError, RequestError, ValidationError } from "./errors.ts";
import { type ErrorFrame, type EventFrame, type Frame, readFrame, writeFrame } from "./frame.ts";
import { Mailbox, type MailboxOptions } from "./mailbox.ts";
import { type Input, type Schema, validate } from "./schema.ts";
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
  /** Names this end; no two ends share it. */
  readonly id: string;
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
  /** Bounds what waits for a handler. */
  readonly inbox?: MailboxOptions;
}

/** Handles an event by name; what it returns is awaited before the next event is handled. */
export type Dispatch = (name: string, input: unknown) => unknown;

/** How many sent events are remembered, so that a failure can say which one it was. */
const MEMORY = 256;

/** What the other half is told of an exception: nothing of it crosses. */
const INTERNAL = { code: "INTERNAL", message: "the handler failed" };

/** One end of a conversation: says events, and hands those of the other half to their handlers, one after another. */
export class Peer<Says extends Messages = Messages> {
  /** Names this end; no two ends share it. */
  readonly id: string;
  readonly #options: PeerOptions;
  readonly #hears: ReadonlyMap<string, Schema>;
  readonly #inbox: Mailbox<EventFrame>;
  readonly #recent = new Map<number, { readonly name: string; readonly data: unknown }>();
  #asked = 0;

  constructor(options: PeerOptions) {
    this.id = options.id;
    this.#options = options;
    // A map, not the object: a message may be called "constructor" or "__proto__".
    this.#hears = new Map(Object.entries(options.hears));
    this.#inbox = new Mailbox(options.inbox);
  }

  /**
   * Says an event to the other half. Await it to be paced: it settles when the socket has taken it.
   * @throws TypeError at once when the data cannot be JSON.
   */
  send<Name extends keyof Says & string>(name: Name, data: Input<Says[Name]>): Sent {
    const { askForFailures = true, session } = this.#options;
    const q = askForFailures ? (this.#asked += 1) : undefined;
    const sent = session.send(writeFrame({ t: "event", name, data, q }));
    if (q !== undefined) {
      this.#recent.set(q, { name, data });
      this.#recent.delete(q - MEMORY);
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
      let frame: EventFrame;
      try {
        frame = await this.#inbox.take();
      } catch {
        return; // the inbox ended
      }
      await this.#handle(frame, dispatch);
    }
  }

  /** No more will be heard or said; what was heard is still handled. */
  end(reason: unknown): void {
    this.#inbox.end(reason);
    this.#options.session.end(reason);
  }

  async #handle({ name, data, q }: EventFrame, dispatch: Dispatch): Promise<void> {
    try {
      const schema = this.#hears.get(name);
      if (schema === undefined)
        throw new RequestError("NOT_FOUND", `there is no message ${JSON.stringify(name)}`);
      await dispatch(name, await validate(schema, data));
    } catch (error) {
      if (error instanceof CloseError) this.#options.close?.(error);
      else this.#fail(q, name, error);
    }
  }

  #fail(re: number | undefined, name: string, error: unknown): void {
    if (!(error instanceof RequestError) && !(error instanceof ValidationError))
      this.#options.crashed?.(error, name);
    if (re !== undefined) this.#options.session.send(this.#answer(re, name, error));
  }

  #answer(re: number, name: string, error: unknown): string {
    try {
      const answer = writeFrame({ t: "error", re, ...publicly(error) });
      readFrame(answer); // an empty code, say: the other half would end the conversation over it
      return answer;
    } catch (unsendable) {
      this.#options.crashed?.(unsendable, name);
      return writeFrame({ t: "error", re, ...INTERNAL });
    }
  }

  #told({ re, code, message, data }: ErrorFrame): void {
    const event = re === undefined ? undefined : this.#recent.get(re);
    if (re === undefined || event === undefined) return; // long ago, or never said: nobody waits for it
    this.#recent.delete(re);
    const error =
      code === "INVALID" && Array.isArray(data)
        ? new ValidationError(data.filter(isIssue))
        : new RequestError(code, message, data);
    this.#options.failed?.({ ...event, error });
  }
}

function publicly(error: unknown): { code: string; message: string; data?: unknown } {
  if (error instanceof ValidationError)
    return { code: error.code, message: error.message, data: error.issues.map(plain) };
  if (error instanceof RequestError) return { code: error.code, message: error.message, data: error.data };
  return INTERNAL;
}

function plain({ message, path = [] }: ValidationError["issues"][number]): {
  message: string;
  path: (string | number)[];
} {
  const steps = path.map((step) => (typeof step === "object" ? step.key : step));
  return {
    message: message.slice(0, 200),
    path: steps.map((step) => (typeof step === "number" ? step : String(step))),
  };
}

function isIssue(value: unknown): value is { message: string; path?: (string | number)[] } {
  const { message, path = [] } = Object(value) as { message?: unknown; path?: unknown };
  return typeof message === "string" && Array.isArray(path) && path.every((step) => typeof step !== "object");
}
