import type { AnyContract, EventName, FrameCodec, Sent, ServerMessages } from "@symbolon/protocol";
import type { EventArguments } from "@symbolon/protocol/internal";
import type { Store } from "../store/store.ts";
import { checkName } from "./room.ts";
import { checkNames, readRoomMemory, type RoomMemoryOptions } from "./room-memory.ts";
import { RoomWriter } from "./room-encoder.ts";

/** Options of `publisher`. */
export interface PublisherOptions {
  /** The store of the servers whose clients are in the rooms. */
  readonly store: Store;
  /** What the rooms remember, as in the `rooms` of `implement`. @default as `implement` has it */
  readonly memory?: false | RoomMemoryOptions;
  /** The `codecs` of `createApp`. @default the codec of the contract, or JSON */
  readonly codecs?: readonly FrameCodec[];
  /** Called when the store fails and an event may be lost whose `send` no code awaits. @default console.error */
  readonly onError?: (error: unknown) => void;
}

/** Sends in the rooms of a contract, without an app. */
export interface Publisher<C extends AnyContract> {
  /** The room of that name. @throws RequestError with `INVALID_ROOM` when no room may have that name. */
  readonly room: (name: string) => PublishedRoom<C>;
}

/** A room that one only sends to. */
export interface PublishedRoom<C extends AnyContract> {
  /** The room's name. */
  readonly name: string;
  /**
   * Sends an event to every member, at every server of the store. Settles when the store has it.
   * @throws TypeError when the codec cannot write the data.
   */
  readonly send: <Name extends EventName<ServerMessages<C>>>(
    name: Name,
    ...event: EventArguments<ServerMessages<C>, Name, undefined>
  ) => Sent;
}

/**
 * Sends in a contract's rooms from a process that serves no clients: a worker, a scheduled job, an HTTP handler. It opens and
 * closes nothing: the store is yours.
 *
 * @throws TypeError without a store, and for an unknown option; TypeError or RangeError for a `memory` that cannot be.
 * @example
 *   const news = publisher(chat, { store });
 *   await news.room("lobby").send("said", "The build is green.");
 */
export function publisher<C extends AnyContract>(contract: C, options: PublisherOptions): Publisher<C> {
  checkNames("publisher", options, ["store", "memory", "codecs", "onError"]);
  const { store, memory, codecs, onError = (error) => console.error(error) } = options;
  if (store?.rooms === undefined)
    throw new TypeError("publisher needs the store of the servers whose clients are to receive its events");
  const writer = new RoomWriter(contract, readRoomMemory(memory).retention, onError, codecs);
  return {
    room: (name) => {
      checkName(name);
      return {
        name,
        send: (event, ...[data]) =>
          writer.append(store.rooms, writer.write(name, event, data, { at: Date.now() })),
      };
    },
  };
}
