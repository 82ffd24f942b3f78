import type {
  CallFrame,
  CreditFrame,
  EndFrame,
  ErrorFrame,
  NextFrame,
  ReplyFrame,
  RequestFrame,
} from "../frames/frame.ts";
import type { Outbox, SendOptions } from "../session/outbox.ts";
import type { Schema } from "./schema.ts";
import type { Sent } from "../async/sent.ts";
import type { Task } from "../async/queue.ts";
import type { Message } from "../wire/wire.ts";

/** What one half says in a call; the call's number is put in where it is written. */
export type CallMessage =
  | Unnumbered<ReplyFrame | NextFrame | EndFrame | ErrorFrame | CreditFrame>
  | { readonly t: "cancel" };
type Unnumbered<Frame> = Frame extends unknown ? Omit<Frame, "q" | "re"> : never;

/** A call, as the half that takes part in it sees it. */
export interface CallChannel {
  /** Writes what is said in the call. Throws TypeError when its data cannot be written. */
  readonly write: (said: CallMessage) => Message;
  /** Sends what was written, or `instead` when that is larger than the other half takes; nothing once the call is over. */
  readonly send: (message: Message, instead?: SendOptions["fallback"]) => Sent;
  /** The call is over: nothing more is sent or heard in it. A second close does nothing. */
  readonly close: () => void;
}

/** A call that this half asked. */
export interface OutgoingChannel extends CallChannel {
  /** Settles when the question has left this half; fails when it never will. */
  readonly sent: Sent;
  /** Takes the question back while it has not left; false when it has. */
  readonly withdraw: () => boolean;
}

/** How a question may end early. */
export interface CallOptions {
  /** Ends the call: the other half's handler is told, and this half rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Ends the call with `TIMEOUT` when it is not over after so many ms, 1 to 2 ** 31 - 1. Default: never. */
  readonly timeout?: number;
  /** What is sent to a stream that takes an upload. */
  readonly upload?: AsyncIterable<unknown> | Iterable<unknown>;
}

/** What a kind of message asks of its peer. */
export interface CallStarter {
  /**
   * Asks: what the other half says in the call is told to `hear`, with the length of its message; undefined when the
   * connection was lost with the answer.
   */
  readonly open: (data: unknown, deadline: number | undefined, hear: CallListener) => OutgoingChannel;
  /** Does something in so many ms, unless it is undone. */
  readonly after: (ms: number, then: () => void) => () => void;
}

/** Told what the other half says in a call, and of how many characters it was; undefined when the connection is gone. */
export type CallListener = (frame: CallFrame | undefined, size: number) => void;

/** What a handler is told of a call besides its input. */
export interface CallContext {
  /** Aborts when the other half gave the call up, or is gone. */
  readonly signal: AbortSignal;
  /** In how many ms the other half gives up, as it was when it asked; undefined when it waits for ever. */
  readonly deadline: number | undefined;
  /** The number of the message in its session, where there is one: it comes again with the same. */
  readonly s?: number | undefined;
}

/** A call that this half serves. */
export interface IncomingCall {
  readonly receive: CallListener;
  /** Runs the handler and says what it gives. Rejects with what it throws. */
  readonly run: (data: unknown, deadline: number | undefined, handle: RunHandler) => Promise<void>;
}

/** Hands a validated input to its handler. */
export type RunHandler = (
  input: unknown,
  call: CallContext & { readonly upload?: AsyncIterable<unknown> },
) => unknown;

/** Handles a call by what it was asked with. */
export type CallHandler = (input: never, call: never) => unknown;

/** What calls need of their peer. */
export interface CallsOptions extends Pick<CallStarter, "after"> {
  /** Delivers what this half says. */
  readonly session: Outbox;
  /** What this half, and what the other half may say by a name. */
  readonly sends: (name: string) => object | undefined;
  readonly receives: (name: string) => object | undefined;
  /** A number that no event or call of this half has had. */
  readonly nextId: () => number;
  /** Has it handled after what came before it. */
  readonly queue: (turn: Task) => void;
  /** Told when this half begins to wait for answers, and when it waits for none any more. */
  readonly onWaitingChange: ((waits: boolean) => void) | undefined;
  /** A handler failed: tells the other half, or closes. */
  readonly onHandlerError: (frame: Pick<RequestFrame, "name" | "q">, error: unknown) => void;
}

/** A kind of message that is answered: how it is asked, and how it is served. */
export interface MessageKind {
  /** The frame by which it is asked. */
  readonly t: "request" | "stream";
  /** Makes a peer that has calls; so a contract of events alone brings none of their code along. It is `createPeer` that knows the types. */
  readonly createPeer: (options: never) => unknown;
  /** Asks it. */
  readonly start: (asker: CallStarter, data: unknown, options: CallOptions) => unknown;
  /** Serves it; what is heard before `run` is kept. */
  readonly serve: (call: CallChannel) => IncomingCall;
}

/** The codes that a contract declares for a request or a stream, each with the schema of its data. */
export type ErrorSchemas = Readonly<Record<string, Schema>>;

/** What a request is made of. */
export interface RequestDefinition {
  /** What is asked with. */
  readonly input: Schema;
  /** What is answered. */
  readonly output: Schema;
  /** The codes of the errors it may fail with, each with the schema of the error's data. */
  readonly errors?: ErrorSchemas;
}

/** A message that is answered once. */
export interface RequestKind<D extends RequestDefinition = RequestDefinition> extends MessageKind {
  readonly t: "request";
  /** The schemas, as they were given. */
  readonly definition: D;
}

/** What a stream is made of. */
export interface StreamDefinition {
  /** What is asked with. */
  readonly input: Schema;
  /** Each item that is answered. */
  readonly output: Schema;
  /** Each item that the one who asks sends along. Left out, it sends none. */
  readonly upload?: Schema;
  /** The codes of the errors it may fail with, each with the schema of the error's data. */
  readonly errors?: ErrorSchemas;
}

/** A message that is answered many times. */
export interface StreamKind<D extends StreamDefinition = StreamDefinition> extends MessageKind {
  readonly t: "stream";
  /** The schemas, as they were given. */
  readonly definition: D;
}
