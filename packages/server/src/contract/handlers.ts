import { type AnyContract, type CallContext, RequestError } from "@symbolon/protocol";
import type { RecordRoomMessages } from "../session/link.ts";
import type { Peer } from "./peer.ts";
import type { ContractRoom } from "./contract-room.ts";
import type { Call, Handlers } from "./setup.ts";

type Handler<C extends AnyContract> = (input: unknown, call: Call<C>) => unknown;

/** Calls a handler with rooms in which what it says is said when it has settled, recorded with its message. */
export type CommitHandler<C extends AnyContract> = (
  handle: (room: (name: string) => ContractRoom<C>) => unknown,
  record: RecordRoomMessages,
) => Promise<unknown>;

/** What a contract's handlers are given. */
export interface ContractScope<C extends AnyContract> {
  readonly contract: C;
  readonly room: (name: string) => ContractRoom<C>;
  readonly commit: CommitHandler<C>;
}

/** What a reception needs of its conversation. */
export interface HandlerTableOptions {
  /** Aborts when the conversation ends. */
  readonly signal: AbortSignal;
  readonly said: RecordRoomMessages;
}

/** Hands the messages of one client to the handlers that its setup gave. */
export class HandlerTable<C extends AnyContract> {
  readonly #service: ContractScope<C>;
  readonly #options: HandlerTableOptions;
  // A map, not an object: an event may be called "constructor" or "__proto__".
  readonly #events = new Map<string, (input: unknown, s?: number) => unknown>();
  #unnumbered = 0;

  constructor(service: ContractScope<C>, options: HandlerTableOptions) {
    this.#service = service;
    this.#options = options;
  }

  /** Takes the handlers of `peer`. */
  register(handlers: Handlers<C>, peer: Peer): void {
    const { signal, said } = this.#options;
    const { room, commit, contract } = this.#service;
    // The same when the message comes again, after a restart: a session keeps its name and its numbers.
    const key = (s?: number): string => `${peer.id}:${s ?? `p${(this.#unnumbered += 1)}`}`;
    // Each handler takes what its own message's schema gives; here they are all alike.
    for (const [name, handler] of Object.entries(handlers as Readonly<Record<string, Handler<C>>>)) {
      const message = Object(contract.definition.client?.[name]) as object;
      if ("~standard" in message)
        this.#events.set(name, (input, s) => {
          const call = { signal, deadline: undefined, messageKey: key(s) };
          return commit((room) => handler(input, { ...call, room }), said);
        });
      else if ("t" in message)
        peer.handle(name, (input, { s, ...told }: CallContext) => {
          const call = { ...told, messageKey: key(s) };
          return message.t === "stream"
            ? handler(input, { ...call, room }) // it may last for ever
            : commit((room) => handler(input, { ...call, room }), said);
        });
    }
  }

  /** Hands an event to its handler. Throws `NOT_FOUND` when there is none. */
  dispatch(name: string, input: unknown, s?: number): unknown {
    const handle = this.#events.get(name);
    if (handle === undefined) throw new RequestError("NOT_FOUND", `nothing handles ${JSON.stringify(name)}`);
    return handle(input, s);
  }
}
