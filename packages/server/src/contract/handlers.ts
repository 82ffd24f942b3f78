import { type AnyContract, type CallContext, RequestError } from "@symbolon/protocol";
import { type Dispatch, isThenable, type MessageKind } from "@symbolon/protocol/internal";
import type { HandlerSlots } from "../access/handler-slots.ts";
import type { RecordRoomMessages } from "../session/link.ts";
import { describeValue, toResponse } from "../request/response.ts";
import { warnOfMissing } from "./missing-handlers.ts";
import type { Peer } from "./peer.ts";
import type { ContractRoom } from "./contract-room.ts";
import { type AnyMiddleware, type Handler, type MessageSource, withMiddleware } from "./middleware.ts";
import type { Handlers } from "./setup.ts";

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
  /** Runs around each handler. */
  readonly middleware: readonly AnyMiddleware[];
  /** Finds a room of the contract for a handler. It sends its messages at once, and they are counted to the account of its client. */
  readonly roomFor: (account: string, name: string) => ContractRoom<C>;
  /** Makes the rooms for one message. If `record` can, it records their messages together with that message. */
  readonly scope: (record: RecordRoomMessages, account: string) => RoomScope<C>;
}

/** What handlers need of their conversation. */
export interface HandlerTableOptions {
  /** What the setup of the client receives. */
  readonly context: unknown;
  /** Aborts when the conversation ends. */
  readonly signal: AbortSignal;
  readonly record: RecordRoomMessages;
  /** The account of the client. */
  readonly account: string;
  /** Bounds how many handlers of the app run at once. */
  readonly slots: HandlerSlots;
}

/** The handlers that the setup of one client gave, by message. */
export class HandlerTable<C extends AnyContract> {
  readonly #contract: ContractScope<C>;
  readonly #options: HandlerTableOptions;
  // A map, not an object: an event may be called "constructor" or "__proto__".
  readonly #events = new Map<string, Handler<C>>();
  #client = "";
  #unnumbered = 0;

  constructor(contract: ContractScope<C>, options: HandlerTableOptions) {
    this.#contract = contract;
    this.#options = options;
  }

  /**
   * Sets the handlers of `peer`.
   * @throws the `Response` that the setup gave instead, which refuses; TypeError when it gave no handlers.
   */
  register(handlers: Handlers<C>, peer: Peer): void {
    const { contract, middleware } = this.#contract;
    const { context } = this.#options;
    this.#client = peer.id;
    for (const [name, own] of this.#check(handlers)) {
      const type = typeOf(contract.definition.client?.[name]);
      if (type === undefined) continue;
      const handler = withMiddleware(middleware, { name, type, context }, own);
      if (type === "event") this.#events.set(name, handler);
      else if (type === "stream")
        // A stream may never end, so its room messages do not wait.
        peer.handle(name, (input, call: CallContext) => this.#runStream(handler, input, call));
      else peer.handle(name, (input, call: CallContext) => this.#run(handler, input, call));
    }
    warnOfMissing(contract, handlers);
  }

  /** Calls the handler of an event. @throws RequestError with `NOT_FOUND` when it has none. */
  readonly call: Dispatch = (name, input, s) => {
    const handler = this.#events.get(name);
    if (handler === undefined)
      throw new RequestError("NOT_FOUND", `no handler for event ${JSON.stringify(name)}`);
    return this.#run(handler, input, { signal: this.#options.signal, deadline: undefined, s });
  };

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
    const { client = {} } = this.#contract.contract.definition;
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

  /** Calls a handler when it may run, and commits what it sent in rooms when it has settled. */
  #run(handler: Handler<C>, input: unknown, context: CallContext): unknown {
    const waiting = this.#options.slots.acquire(this.#options.account, context.signal);
    const call = (): unknown => this.#call(handler, input, context);
    return waiting === undefined ? call() : waiting.then(call);
  }

  #call(handler: Handler<C>, input: unknown, { signal, deadline, s }: CallContext): unknown {
    const release = this.#releaseOnce();
    const rooms = new LazyScope(this.#contract, this.#options);
    const call = { signal, deadline, messageKey: this.#messageKey(s), room: rooms.room };
    let result: unknown;
    try {
      result = handler(input, call);
    } catch (error) {
      release();
      rooms.discard();
      throw error;
    }
    if (isThenable(result)) return rooms.settle(result, release);
    release();
    const committed = rooms.commit();
    return committed === undefined ? result : committed.then(() => result);
  }

  /** Calls the handler of a stream when it may run. It ends with its values. */
  #runStream(handler: Handler<C>, input: unknown, { s, ...call }: CallContext): unknown {
    const { slots, account } = this.#options;
    const room = (name: string): ContractRoom<C> => this.#contract.roomFor(account, name);
    const run = (): unknown =>
      withEnd(() => handler(input, { ...call, messageKey: this.#messageKey(s), room }), this.#releaseOnce());
    const waiting = slots.acquire(account, call.signal);
    return waiting === undefined ? run() : waiting.then(run);
  }

  /** Releases the slot of a handler; only the first call counts. */
  #releaseOnce(): () => void {
    let released = false;
    return () => {
      if (!released) this.#options.slots.release(this.#options.account);
      released = true;
    };
  }

  /** The same when a message arrives again after a restart: a session keeps its name and its sequences. */
  #messageKey(s: number | undefined): string {
    return `${this.#client}:${s ?? `p${(this.#unnumbered += 1)}`}`;
  }
}

/** What a declared message is; undefined for what is no message. */
function typeOf(message: unknown): MessageSource["type"] | undefined {
  const declared = Object(message) as Partial<MessageKind>;
  return "~standard" in declared ? "event" : declared.t;
}

/** Makes a scope when the handler uses a room for the first time. */
class LazyScope<C extends AnyContract> {
  readonly #contract: ContractScope<C>;
  readonly #options: HandlerTableOptions;
  #scope: RoomScope<C> | undefined;
  #settled = false;

  constructor(contract: ContractScope<C>, options: HandlerTableOptions) {
    this.#contract = contract;
    this.#options = options;
  }

  readonly room = (name: string): ContractRoom<C> => {
    const { account, record } = this.#options;
    if (this.#settled) return this.#contract.roomFor(account, name);
    this.#scope ??= this.#contract.scope(record, account);
    return this.#scope.room(name);
  };

  /** Commits when the handler's result has settled; discards when it was rejected. Calls `onEnd` then. */
  async settle(result: PromiseLike<unknown>, onEnd: () => void): Promise<unknown> {
    try {
      const value = await result;
      await this.commit();
      return value;
    } catch (error) {
      this.discard();
      throw error;
    } finally {
      onEnd();
    }
  }

  commit(): Promise<unknown> | undefined {
    this.#settled = true;
    return this.#scope?.commit();
  }

  discard(): void {
    this.#settled = true;
    this.#scope?.discard();
  }
}

type Values = AsyncIterable<unknown> | Iterable<unknown>;

/** What `call` returns, as it is; calls `onEnd` when its values have ended or failed, or are not read any more. */
function withEnd(call: () => unknown, onEnd: () => void): unknown {
  const fail = (error: unknown): never => {
    onEnd();
    throw error;
  };
  const observe = (values: unknown): unknown => {
    try {
      if (isIterable(values)) return observedValues(values, onEnd);
    } catch (error) {
      fail(error);
    }
    onEnd();
    return values;
  };
  try {
    const values = call();
    return isThenable(values) ? values.then(observe, fail) : observe(values);
  } catch (error) {
    return fail(error);
  }
}

/** The same values, at the same time: each result is given on as it is. */
function observedValues(values: Values, onEnd: () => void): { [Symbol.asyncIterator](): object } {
  const iterator: AsyncIterator<unknown> | Iterator<unknown> =
    Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
  const next = (): unknown =>
    observed(
      () => iterator.next(),
      ({ done }) => done === true,
      onEnd,
    );
  const end = (): unknown =>
    observed(
      () => iterator.return?.(),
      () => true,
      onEnd,
    );
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
}

/** The result of a call, as it is; calls `onEnd` when `isEnd` is true for it, and when it fails. */
function observed<Result>(
  call: () => Result | PromiseLike<Result>,
  isEnd: (result: Result) => boolean,
  onEnd: () => void,
): Result | PromiseLike<Result> {
  const check = (result: Result): void => {
    if (isEnd(result)) onEnd();
  };
  try {
    const result = call();
    if (isThenable(result)) void result.then(check, onEnd);
    else check(result);
    return result;
  } catch (error) {
    onEnd();
    throw error;
  }
}

function isIterable(value: unknown): value is Values {
  return (
    typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}
