import type { AnyContract, EventInput, EventName, Sent, ServerMessages } from "@symbolon/protocol";
import type { EventArguments, PresenceOutput } from "@symbolon/protocol/internal";
import type { Peer } from "./peer.ts";
import type { PresenceView } from "../rooms/presence/presences.ts";
import type { BroadcastOptions, RoomMembers } from "../rooms/room.ts";
import type { RoomMemoryOptions } from "../rooms/room-memory.ts";

/**
 * A room as a contract's setup gets it: its members, without `send`. A handler sends by `call.room(name).send`, and other
 * code by `service.room(name).send`.
 */
export interface RoomView<C extends AnyContract> extends RoomMembers<Peer<ServerMessages<C>>> {
  /**
   * Adds a member; joining twice does nothing. A client that was a member before receives the messages that it missed. A new member
   * receives what the room has for new members, and then each message that is sent.
   * @throws RequestError with `TOO_MANY_ROOMS` when the client is in `perPeer` rooms already, or its principal, or its
   * address without one, has begun so many rooms that no more are free for it.
   */
  readonly join: (member: Peer<ServerMessages<C>>, options?: JoinOptions) => void;
  /** Who is in the room, at all servers of the store, and what each shows. @throws TypeError when the contract declares no `presence`. */
  readonly presence: PresenceView<PresenceOutput<C>>;
}

/** A room of a contract. Its messages are the server's events, and pass through the room's log. */
export interface ContractRoom<C extends AnyContract> extends RoomView<C> {
  /**
   * Sends an event to every member; a member that cannot receive it does not affect the others. Settles when the room's
   * log has the event.
   * @throws TypeError when the codec cannot write the data; RequestError with `TOO_MUCH_HISTORY`, in a handler alone, when
   * the rooms keep too much that clients of the same principal, or address without one, have caused, or when the handler
   * holds more than 4 MiB of volatile events and of messages to rooms that remember nothing.
   */
  readonly send: <Name extends EventName<ServerMessages<C>>>(
    name: Name,
    ...event: EventArguments<ServerMessages<C>, Name, BroadcastOptions<Peer<ServerMessages<C>>>>
  ) => Sent;
}

/** How a new member joins a room. */
export interface JoinOptions {
  /**
   * How old the messages may be that it receives of those which the room has for new members, in ms; 0 for none.
   * @default all that the room has for new members
   */
  readonly since?: number;
}

/** How the rooms of a contract keep and deliver messages. */
export interface RoomsOptions<C extends AnyContract = AnyContract> {
  /**
   * What a room remembers for members that reconnect; a member that missed more gets a gap. With `false` it remembers
   * nothing: a member that was disconnected gets a gap for what it missed, and so does one whose connection was full, except for
   * the newest 100 messages of 1 MiB.
   * @default 1,000 messages of 120 s and of 4 MiB
   */
  readonly memory?: false | RoomMemoryOptions;
  /**
   * What happens to a member whose connection takes no more messages. `pause`: it receives the rest when its connection
   * takes them. `conflate`: of the rest it receives the newest event of each key, and each event without a key; so does a
   * member that was disconnected. `disconnect`: after 10 s its connection is closed with 4901; the client reconnects.
   * @default "pause"
   */
  readonly slow?: "pause" | "disconnect" | { readonly conflate: Conflate<C> };
  /**
   * How many rooms a client may be in.
   * @default 100
   */
  readonly perPeer?: number;
}

/** Gives the key of an event: a newer event replaces older ones with the same key. The data is as it is on the wire. */
export type Conflate<C extends AnyContract> = (
  ...event: {
    [Name in EventName<ServerMessages<C>>]: [name: Name, data: EventInput<ServerMessages<C>, Name>];
  }[EventName<ServerMessages<C>>]
) => unknown;
