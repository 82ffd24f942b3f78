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
import type { BroadcastOptions, Room } from "../rooms/room.ts";
import type { Retention } from "../store/store.ts";

/** A room of a contract: what is said is one of the server's messages. */
export type ContractRoom<C extends AnyContract> = Room<
  Peer<ServerMessages<C>>,
  <Name extends EventName<ServerMessages<C>>>(
    name: Name,
    data: EventInput<ServerMessages<C>, Name>,
    options?: BroadcastOptions<Peer<ServerMessages<C>>>,
  ) => Sent
> & {
  /**
   * Adds a member; joining twice does nothing. One who comes back to a room goes on where it was; a newcomer hears what
   * is said from now on, and before that what the room keeps. Throws RequestError with `TOO_MANY_ROOMS`.
   */
  readonly join: (member: Peer<ServerMessages<C>>, options?: JoinOptions) => void;
};

/** How a newcomer joins a room. */
export interface JoinOptions {
  /** How far back it hears what the room keeps, in ms. Default: all of it; 0 for nothing. */
  readonly since?: number;
}

/** How a contract is served. */
export interface ImplementOptions<C extends AnyContract> {
  /** What its rooms remember, and for whom. */
  readonly rooms?: RoomsOptions<C>;
}

/** What the rooms of a contract remember. Those who come back within 120 s, and 1,000 messages, miss nothing in any case. */
export interface RoomsOptions<C extends AnyContract = AnyContract> {
  /** What of its past a room tells newcomers: so many messages, of so many ms. Default: nothing. */
  readonly keep?: Retention;
  /**
   * What becomes of a member that takes no more. `pause`, the default: it is told what it missed as soon as it takes
   * it. `conflate`: of that only the newest event of each key; one whose key is undefined is always told. `disconnect`:
   * after 10 s its connection is closed with 4901; it comes back.
   */
  readonly slow?: "pause" | "disconnect" | { readonly conflate: Conflate<C> };
  /** In how many rooms a client may be. Default 100. */
  readonly perPeer?: number;
}

/** By what an event of the server replaces those before it. The data is what stands on the wire. */
export type Conflate<C extends AnyContract> = (
  ...said: {
    [Name in EventName<ServerMessages<C>>]: [name: Name, data: EventInput<ServerMessages<C>, Name>];
  }[EventName<ServerMessages<C>>]
) => unknown;

/** What a handler is given besides the message. */
export interface Call<C extends AnyContract> {
  /** Aborts when the client gave the call up, and when the connection ends. */
  readonly signal: AbortSignal;
  /** In how many ms the client gives up, as it was when it asked; undefined when it waits for ever. */
  readonly deadline: number | undefined;
  /**
   * Names the message: the same when a handler is called for it again, because the server died while it was in progress.
   * Record it with what the handler does, in one transaction, and that happens once.
   */
  readonly messageKey: string;
  /**
   * Finds a room of the contract. What an event's or a request's handler says in it is said when the handler has
   * settled, before the answer, and not at all when it fails; so its `send` settles at once.
   */
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
