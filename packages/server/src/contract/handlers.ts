import { type AnyContract, type CallContext, type Messages, RequestError } from "@symbolon/protocol";
import { type CallHandler, type Dispatch, isThenable, type MessageKind } from "@symbolon/protocol/internal";
import type { HandlerSlots } from "../access/handler-slots.ts";
import type { RecordRoomMessages } from "../rooms/held-room-messages.ts";
import { describeValue, toResponse } from "../request/response.ts";
import type { Peer } from "./peer.ts";
import type { ContractRoom } from "./contract-room.ts";
import { type AnyMiddleware, type Handler, type MessageSource, withMiddleware } from "./middleware.ts";
import type { Call, Handlers } from "./setup.ts";
import { withEnd } from "./stream-values.ts";

/** Rooms for the handler of one message: they hold its room messages until `commit`. Later they are like other rooms. */
export interface RoomScope<C extends AnyContract> {
  /** Finds a room of the contract. */
  readonly room: (name: string) => ContractRoom<C>;
  /** Sends what waits, in order. Undefined when that is done at once; rejects when the log of a room fails. */
  readonly commit: () => Promise<unknown> | undefined;
  /** Drops what waits. */
  readonly discard: () => void;
}

/** What handlers need of their contract. */
export interface ContractScope<C extends AnyContract> {
  readonly contract: C;
  /** The messages of its client, prepared for all peers. */
  readonly receives: Messages;
  /** The messages of its server, prepared for all peers. */
  readonly sends: Messages;
  /** Runs around each handler. */
  readonly middleware: readonly AnyMiddleware[];
  /** Finds a room of the contract for a handler. It sends its messages at once, and they are counted to the account of its client. */
  readonly roomFor: (account: string, name: string) => ContractRoom<C>;
  /** Makes the rooms for one message. If `record` can, it records their messages together with that message. */
  readonly scope: (record: RecordRoomMessages, account: string) => RoomScope<C>;
}

/** What handlers need of their conversation. */
export interface HandlerConversation {
  /** What the setup of the client receives. */
  readonly context: unknown;
  /** Aborts when the conversation ends. */
  readonly signal: AbortSignal;
  /** Whether this process no longer has the session: the one that has it handles what has not started here. */
  readonly lost: boolean;
  readonly record: RecordRoomMessages;
  /** The account of the client. */
  readonly account: string;
  /** Bounds how many handlers of the app run at once. */
  readonly slots: HandlerSlots;
}

/** The handlers that the setup of one client gave, by message. */
export class HandlerTable<C extends AnyContract> {
  readonly contract: ContractScope<C>;
  readonly options: HandlerConversation;
  // A map, not an object: a message may be called "constructor" or "__proto__".
  readonly #handlers = new Map<string, Handler<C>>();
  #client = "";
  #unnumbered = 0;

  constructor(contract: ContractScope<C>, options: HandlerConversation) {
    this.contract = contract;
    this.options = options;
  }

  /**
   * Sets the handlers of `peer`.
   * @throws the `Response` that the setup gave instead, which refuses; TypeError when it gave no handlers, or one of a request
   * or stream that has another one.
   */
  register(handlers: Handlers<C>, peer: Peer): void {
    const { contract, middleware } = this.contract;
    const { context } = this.options;
    this.#client = peer.id;
    for (const [name, own] of this.#check(handlers)) {
      const type = this.#typeOf(name);
      if (type === undefined) continue;
      if (type !== "event") peer.handle(name, own)(); // throws if the setup has set another one
      this.#handlers.set(name, withMiddleware(middleware, { name, type, context }, own));
    }
    warnOfMissing(contract, handlers);
  }

  /** Calls the handler of an event. @throws RequestError with `NOT_FOUND` when it has none. */
  readonly call: Dispatch = (name, input, s) => {
    const handler = this.#handlers.get(name);
    if (handler === undefined)
      throw new RequestError("NOT_FOUND", `no handler for event ${JSON.stringify(name)}`);
    return this.#run(handler, input, s);
  };

  /** The handler of a request or a stream; undefined when the setup gave none. */
  handlerOf(name: string): CallHandler | undefined {
    const handler = this.#handlers.get(name);
    if (handler === undefined) return undefined;
    return this.#typeOf(name) === "stream"
      ? (input, call: CallContext) => this.#runStream(handler, input, call)
      : (input, call: CallContext) => this.#run(handler, input, call.s, call);
  }

  #typeOf(name: string): MessageSource["type"] | undefined {
    const declared = Object(this.contract.contract.definition.client?.[name]) as Partial<MessageKind>;
    return "~standard" in declared ? "event" : declared.t;
  }

  /**
   * Checks what a setup gave: a program in JavaScript may give anything.
   * @throws as `register` does.
   */
  #check(handlers: unknown): readonly (readonly [string, Handler<C>])[] {
    const refusal = toResponse(handlers);
    if (refusal !== undefined) throw refusal;
    if (
      typeof handlers !== "object" ||
      handlers === null ||
      Array.isArray(handlers) ||
      handlers instanceof Error
    )
      throw new TypeError(
        `the setup gave ${describeValue(handlers)}: return an object with a handler for each message, or a Response to refuse`,
      );
    const { client = {} } = this.contract.contract.definition;
    for (const [name, handler] of Object.entries(handlers)) {
      if (!Object.hasOwn(client, name))
        throw new TypeError(
          `the setup gave a handler ${JSON.stringify(name)}, but the contract declares no such message of the client`,
        );
      if (typeof handler !== "function")
        throw new TypeError(
          `the handler ${JSON.stringify(name)} is ${describeValue(handler)}, not a function`,
        );
    }
    // Each handler receives what the schema of its message returns; here all have one type.
    return Object.entries(handlers as Readonly<Record<string, Handler<C>>>);
  }

  /** The same when a message arrives again after a restart: a session keeps its name and its sequences. */
  messageKey(s: number | undefined): string {
    return `${this.#client}:${s ?? `p${(this.#unnumbered += 1)}`}`;
  }

  /** Calls a handler when it may run, and commits what it sent in rooms when it has settled. */
  #run(handler: Handler<C>, input: unknown, s: number | undefined, context?: CallContext): unknown {
    const call = new HandlerCall(this, s, context);
    return this.#mayStart()
      ? this.#call(handler, input, call, false)
      : this.#wait(call.signal).then(() => this.#call(handler, input, call, true));
  }

  /** Whether a handler may run now. @throws the `CloseError` of a session that this process no longer has. */
  #mayStart(): boolean {
    const { slots, account, lost, signal } = this.options;
    if (lost) throw signal.reason;
    return slots.allows(account);
  }

  /** Waits for a slot. Rejects when `cancelled` aborts before, and when this process no longer has the session. */
  async #wait(cancelled: AbortSignal): Promise<void> {
    const { slots, account } = this.options;
    await slots.wait(account, cancelled);
    const { lost, signal } = this.options;
    if (!lost) return;
    slots.release(account);
    throw signal.reason;
  }

  /** Only a handler that returns a promise runs beside others, and needs a slot. */
  #call(handler: Handler<C>, input: unknown, call: HandlerCall<C>, hasSlot: boolean): unknown {
    const { slots, account } = this.options;
    let result: unknown;
    try {
      result = handler(input, call);
      if (isThenable(result)) {
        if (!hasSlot) slots.take(account);
        return call.settle(result);
      }
    } catch (error) {
      if (hasSlot) slots.release(account);
      call.discard();
      throw error;
    }
    if (hasSlot) slots.release(account);
    const committed = call.commit();
    return committed === undefined ? result : committed.then(() => result);
  }

  /** Calls the handler of a stream when it may run. It ends with its values. */
  #runStream(handler: Handler<C>, input: unknown, { s, ...call }: CallContext): unknown {
    const { slots, account } = this.options;
    const room = (name: string): ContractRoom<C> => this.contract.roomFor(account, name);
    const run = (): unknown =>
      withEnd(() => handler(input, { ...call, messageKey: this.messageKey(s), room }), this.#releaseOnce());
    if (!this.#mayStart()) return this.#wait(call.signal).then(run);
    slots.take(account);
    return run();
  }

  /** Releases the slot of a handler; only the first call counts. */
  #releaseOnce(): () => void {
    let released = false;
    return () => {
      if (!released) this.options.slots.release(this.options.account);
      released = true;
    };
  }
}

/** The contracts whose missing handlers were reported. */
const reported = new WeakSet<AnyContract>();

/** Reports once, outside of production, which messages of a contract have no handler: the setup may be in JavaScript. */
function warnOfMissing(contract: AnyContract, handlers: object): void {
  if (process.env["NODE_ENV"] === "production" || reported.has(contract)) return;
  const { client = {} } = contract.definition as { readonly client?: object };
  const missing = Object.keys(client).filter((name) => !Object.hasOwn(handlers, name));
  if (missing.length === 0) return;
  reported.add(contract);
  const names = missing.map((name) => JSON.stringify(name)).join(", ");
  console.warn(
    `symbolon: the setup of ${contract.path} gave no handler for ${names}: what a client sends there fails with NOT_FOUND`,
  );
}

/**
 * What the handler of an event or a request receives besides the message; what few handlers read is made when it is read. Its
 * rooms have their scope from the first use on.
 */
class HandlerCall<C extends AnyContract> implements Call<C> {
  readonly #table: HandlerTable<C>;
  readonly #sequence: number | undefined;
  /** The context of a request. */
  readonly #context: CallContext | undefined;
  #messageKey: string | undefined;
  #scope: RoomScope<C> | undefined;
  #settled = false;

  constructor(table: HandlerTable<C>, sequence: number | undefined, context: CallContext | undefined) {
    this.#table = table;
    this.#sequence = sequence;
    this.#context = context;
  }

  get signal(): AbortSignal {
    return (this.#context ?? this.#table.options).signal;
  }

  get deadline(): number | undefined {
    return this.#context?.deadline;
  }

  get messageKey(): string {
    this.#messageKey ??= this.#table.messageKey(this.#sequence);
    return this.#messageKey;
  }

  get room(): Call<C>["room"] {
    return (name) => this.#room(name);
  }

  /** Commits when the handler's result has settled; discards when it was rejected. Releases the handler's slot then. */
  async settle(result: PromiseLike<unknown>): Promise<unknown> {
    try {
      const value = await result;
      await this.commit();
      return value;
    } catch (error) {
      this.discard();
      throw error;
    } finally {
      const { slots, account } = this.#table.options;
      slots.release(account);
    }
  }

  /** Sends what the handler has sent in rooms. */
  commit(): Promise<unknown> | undefined {
    this.#settled = true;
    return this.#scope?.commit();
  }

  /** Drops it. */
  discard(): void {
    this.#settled = true;
    this.#scope?.discard();
  }

  #room(name: string): ContractRoom<C> {
    const { contract, options } = this.#table;
    if (this.#settled) return contract.roomFor(options.account, name);
    this.#scope ??= contract.scope(options.record, options.account);
    return this.#scope.room(name);
  }
}
