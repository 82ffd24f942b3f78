import type {
  AnyContract,
  ClientMessages,
  EventName,
  HandlerInput,
  HandlerOutput,
  HandlerUpload,
  Sent,
  ServerMessages,
} from "@symbolon/protocol";
import type { EventArguments, EventOptions } from "@symbolon/protocol/internal";
import type { ContractRoom, JoinOptions, RoomsOptions, RoomView } from "./contract-room.ts";
import type { Peer } from "./peer.ts";

/** A contract being served. */
export interface Service<C extends AnyContract> {
  /** Finds a room of the contract, from anywhere: its `send` sends at once. */
  readonly room: (name: string) => ContractRoom<C>;
  /**
   * Adds a member to several rooms: to all of them, or to none if it may not join one of them. Rooms that it is in already
   * do not count.
   * @throws RequestError with `TOO_MANY_ROOMS` as `join` of a room does, with `INVALID_ROOM` when no room may have one of the
   * names.
   */
  readonly join: (member: Peer<ServerMessages<C>>, names: readonly string[], options?: JoinOptions) => void;
  /** The clients in this process, as they are when it is read: each session that is set up and has not ended. */
  readonly peers: Iterable<Peer<ServerMessages<C>>> & {
    /** How many clients they are. */
    readonly size: number;
    /**
     * Sends an event to each of them, as their own `send` does. Settles when all have, or rejects as the first that fails. A room
     * costs less for many clients: it encodes an event once, and reaches those of other processes.
     * @throws TypeError when the codec cannot write the data.
     */
    readonly send: <Name extends EventName<ServerMessages<C>>>(
      name: Name,
      ...event: EventArguments<ServerMessages<C>, Name, EventOptions>
    ) => Sent;
  };
  /** Those of one principal: each of its pages, for example. @throws TypeError when the principal is not a text. */
  readonly to: (principal: string) => Service<C>["peers"];
}

/** How a contract is served. */
export interface ImplementOptions<C extends AnyContract, Context = unknown> {
  /**
   * Functions that run around the handler of each message, the first of them outermost. Each calls `next` once, which runs the
   * next one or the handler, and returns what `next` returns. To refuse a message it throws a `RequestError` instead.
   * @default []
   * @example
   *   const timed = async ({ name }: { readonly name: string }, next: () => unknown) => {
   *     const started = performance.now();
   *     try {
   *       return await next();
   *     } finally {
   *       console.log(name, performance.now() - started, "ms");
   *     }
   *   };
   *   app.implement(chat, { middleware: [timed] }, setup);
   */
  readonly middleware?: readonly Middleware<C, Context>[];
  /** How its rooms keep and deliver messages. */
  readonly rooms?: RoomsOptions<C>;
  /**
   * The largest message that a client may send, in bytes, at most that of the app. An event, a request or a stream that is
   * larger fails with `TOO_LARGE`; another frame that is larger closes with 1009.
   * @default the `maxPayload` of the app
   */
  readonly maxPayload?: number;
}

/** What a handler receives besides the message. Its members are made when they are read: a copy by `{ ...call }` lacks them. */
export interface Call<C extends AnyContract> {
  /** Aborts when the client cancels the call, and when the session ends. */
  readonly signal: AbortSignal;
  /** After how many ms the client gives up, counted from when it made the call; undefined when it waits forever. */
  readonly deadline: number | undefined;
  /**
   * Names the message. It is the same when the handler is called for it again, because the server died before the handler
   * had finished. Save it together with what the handler does, in one transaction, and that happens once.
   */
  readonly messageKey: string;
  /**
   * Finds a room of the contract. What the handler of an event or a request sends there commits with its message: it is
   * sent when the handler has finished, before the reply, and dropped when the handler throws; so `send` settles at once.
   * In the handler of a stream, and after a handler has finished, `send` sends at once, because a stream may never end.
   */
  readonly room: (name: string) => ContractRoom<C>;
}

/** A message of the client, as middleware gets it: its schema has accepted it, and its handler has not run. */
export type Incoming<C extends AnyContract, Context = unknown> = {
  readonly [Name in keyof ClientMessages<C> & string]: {
    /** The name of the message. */
    readonly name: Name;
    /** What the message is. */
    readonly type: "event" | "request" | "stream";
    /** What the handler receives. */
    readonly input: HandlerInput<ClientMessages<C>[Name]>;
    /** What the handler receives besides. */
    readonly call: Call<C>;
    /** What the setup of this client received: the request, and what hooks provided. */
    readonly context: Context;
  };
}[keyof ClientMessages<C> & string];

/**
 * Runs around the handler of a message. `next` runs the handler, and returns what it returns: a reply, an iterable, or a promise.
 * It throws TypeError when it is called twice.
 */
type Middleware<C extends AnyContract, Context = unknown> = (
  message: Incoming<C, Context>,
  next: () => unknown,
) => unknown;

/**
 * A handler for each message of the client. Event handlers run one after another. Request handlers return the reply and
 * stream handlers an iterable, as a generator does; those run concurrently.
 */
export type Handlers<C extends AnyContract> = {
  readonly [Name in keyof ClientMessages<C>]: (
    input: HandlerInput<ClientMessages<C>[Name]>,
    call: Call<C> & HandlerUpload<ClientMessages<C>[Name]>,
  ) => HandlerOutput<ClientMessages<C>[Name]>;
};

/** What a setup has besides the request and what hooks provided. */
interface SetupContext<C extends AnyContract> {
  /** Finds a room of the contract, to join it or to see its members. It has no `send`. */
  readonly room: (name: string) => RoomView<C>;
  /** The contract being served: `service.room(name).send` sends at once, around the `yield` too. */
  readonly service: Service<C>;
}

/**
 * Sets up one client: returns its handlers, or yields them once. Code before the `yield` runs before the client is
 * accepted, and refuses it by throwing a `Response`. Code after the `yield` runs when the session has ended.
 */
export type Setup<C extends AnyContract, Context> = (
  peer: Peer<ServerMessages<C>>,
  context: Context & SetupContext<C>,
) =>
  | Handlers<C>
  | Promise<Handlers<C>>
  | Generator<Handlers<C>, unknown, void>
  | AsyncGenerator<Handlers<C>, unknown, void>;
