import type {
  AnyContract,
  ClientMessages,
  EventInput,
  EventName,
  HandlerInput,
  HandlerOutput,
  HandlerUpload,
  Sent,
  ServerMessages,
} from "@symbolon/protocol";
import type { Peer } from "./peer.ts";
import type { BroadcastOptions, Room } from "./room.ts";

/** A room of a contract: what is said is one of the server's messages. */
export type ContractRoom<C extends AnyContract> = Room<
  Peer<ServerMessages<C>>,
  <Name extends EventName<ServerMessages<C>>>(
    name: Name,
    data: EventInput<ServerMessages<C>, Name>,
    options?: BroadcastOptions<Peer<ServerMessages<C>>>,
  ) => Sent
>;

/** What a handler is given besides the message. */
export interface Call<C extends AnyContract> {
  /** Aborts when the client gave the call up, and when the connection ends. */
  readonly signal: AbortSignal;
  /** In how many ms the client gives up, as it was when it asked; undefined when it waits for ever. */
  readonly deadline: number | undefined;
  /** Finds a room of the contract. */
  readonly room: (name: string) => ContractRoom<C>;
}

/**
 * A handler for each message that the client may say. Events are handled one after another; requests give their reply
 * and streams an iterable, as a generator does; those overlap.
 */
export type Handlers<C extends AnyContract> = {
  readonly [Name in keyof ClientMessages<C>]: (
    input: HandlerInput<ClientMessages<C>[Name]>,
    call: Call<C> & HandlerUpload<ClientMessages<C>[Name]>,
  ) => HandlerOutput<ClientMessages<C>[Name]>;
};

/**
 * Sets one connection up: gives its handlers, or yields them once. Code before the `yield` runs before the connection
 * is accepted and may refuse by throwing a `Response`; code after it runs when the connection has ended.
 */
export type Setup<C extends AnyContract, Context> = (
  peer: Peer<ServerMessages<C>>,
  context: Context & { readonly room: (name: string) => ContractRoom<C> },
) =>
  | Handlers<C>
  | Promise<Handlers<C>>
  | Generator<Handlers<C>, unknown, void>
  | AsyncGenerator<Handlers<C>, unknown, void>;
