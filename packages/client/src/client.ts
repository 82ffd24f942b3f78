import type {
  AnyContract,
  CallArguments,
  CallContext,
  CallOutput,
  ClientMessages,
  Closed,
  EventName,
  HandlerInput,
  HandlerOutput,
  HandlerUpload,
  RequestName,
  Sent,
  ServerMessages,
  StreamName,
} from "@symbolon/protocol";
import type {
  EventArguments,
  EventFailure,
  EventOptions,
  Gap,
  PresenceInput,
  PresenceOutput,
  StreamArguments,
} from "@symbolon/protocol/internal";
import type { RoomPresence } from "./rooms/presence.ts";
import type { ConnectionStatus, Subscribable } from "./connection/status.ts";

/** The session is lost: messages that were sent and have not settled may or may not have been handled, and fail as unknown. */
export interface Reset {
  /** `unknown`: the server has no such session any more. `lost`: it has lost a part of it. `overflow`: it could not keep all messages. */
  readonly reason: string;
}

/** A client of a contract, kept connected until it is closed. */
export interface Client<C extends AnyContract> {
  /**
   * Calls `listener` for each event of the contract with this name, in order. While the promise of a listener is pending,
   * no later message is handled.
   * @returns a function that removes the listener
   */
  readonly on: <Name extends EventName<ServerMessages<C>>>(
    name: Name,
    listener: (data: HandlerInput<ServerMessages<C>[Name]>) => unknown,
  ) => () => void;
  /**
   * Calls `listener` for each event and request that this client sent and that failed while no code awaited it.
   * @returns a function that removes the listener
   */
  readonly onFailed: (listener: (failure: EventFailure) => unknown) => () => void;
  /**
   * Calls `listener` when the server has lost the session and a new one begins: after the messages of the old session,
   * and before any message of the new one.
   * @returns a function that removes the listener
   */
  readonly onReset: (listener: (reset: Reset) => unknown) => () => void;
  /**
   * Calls `listener` when messages of a room are lost, before any later message of that room.
   * @returns a function that removes the listener
   */
  readonly onGap: (listener: (gap: Gap) => unknown) => () => void;
  /**
   * Sends an event; while the client is disconnected the event is kept. Awaited, it settles when the server has handled it.
   * @throws TypeError when the data cannot be written.
   */
  readonly send: <Name extends EventName<ClientMessages<C>>>(
    name: Name,
    ...event: EventArguments<ClientMessages<C>, Name, EventOptions>
  ) => Sent;
  /**
   * Sends a request; while the client is disconnected the request is kept. Rejects with `RequestError` or `ValidationError`
   * when the server rejects it, with `OutcomeUnknown` when the session was lost before the reply, with the signal's reason.
   * Left alone, it raises no unhandled rejection: `onFailed` gets the failure.
   */
  readonly request: <Name extends RequestName<ClientMessages<C>>>(
    name: Name,
    ...data: CallArguments<ClientMessages<C>, Name>
  ) => Promise<CallOutput<ClientMessages<C>, Name>>;
  /**
   * Starts a stream when it is iterated; leaving the loop ends the server's handler. Fails as `request` does; with
   * `onLost: "restart"` it is asked again when the server has lost it.
   */
  readonly stream: <Name extends StreamName<ClientMessages<C>>>(
    name: Name,
    ...data: StreamArguments<ClientMessages<C>, Name>
  ) => AsyncGenerator<CallOutput<ClientMessages<C>, Name>, void, undefined>;
  /**
   * Sets the handler of a request or a stream of the server. @returns a function that removes it.
   * @throws TypeError when it has a handler.
   */
  readonly handle: <Name extends RequestName<ServerMessages<C>> | StreamName<ServerMessages<C>>>(
    name: Name,
    handler: (
      input: HandlerInput<ServerMessages<C>[Name]>,
      call: CallContext & HandlerUpload<ServerMessages<C>[Name]>,
    ) => HandlerOutput<ServerMessages<C>[Name]>,
  ) => () => void;
  /**
   * Who is in a room, and what each member shows there; the same object for the same room. The contract declares `presence`, and
   * the server has the client join the room.
   * @throws TypeError when the contract declares no `presence`.
   */
  readonly presence: (room: string) => RoomPresence<PresenceInput<C>, PresenceOutput<C>>;
  /**
   * Resolves when the first handshake is done; rejects with `CloseError` when the client ends before. Reading it connects.
   * A rejection that no code handles causes no unhandled rejection. `openedWithin` waits with a deadline.
   */
  readonly opened: Promise<void>;
  /** Resolves when the client has ended: by `close`, or because the server ended it. Never rejects. */
  readonly closed: Promise<Closed>;
  /** The address of the newest dial, with its query; empty before the first, if a function gives the address. */
  readonly url: string;
  /** The state of the connection. */
  readonly status: Subscribable<ConnectionStatus>;
  /** Bytes that are kept until the server has handled them. */
  readonly bufferedAmount: number;
  /**
   * Connects now instead of later: ends the wait before the next try, but not before the time that the server asked for. An
   * open client moves to a new connection, with what `getToken` then returns; it loses nothing and stays `open` meanwhile.
   */
  readonly reconnect: () => void;
  /**
   * Ends the client. Messages that were not sent fail with `CloseError`, messages that were sent and have not settled with
   * `OutcomeUnknown`. With `flush` it first waits until the server has handled what the client keeps, at most `timeout` ms.
   * @default timeout 5,000
   * @throws RangeError for a code that may not be sent.
   */
  readonly close: (
    code?: number | { readonly flush: true; readonly timeout?: number },
    reason?: string,
  ) => void;
}
