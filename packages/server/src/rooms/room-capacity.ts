import { RequestError } from "@symbolon/protocol";
import type { RoomAppend, RoomLog, RoomMessage } from "../store/room-log.ts";

/** The size of a room message without its data, in bytes, estimated. */
const bytesPerMessage = 256;

/** The size of a room without messages and without its name in the log, in bytes, estimated. */
const bytesPerRoom = 1_024;

/** What a client is about to join. */
export interface Joins {
  /** The rooms that it is in already. */
  readonly present: number;
  /** The rooms that it joins. */
  readonly added: number;
  /** The names in the log of those without members, which may have to begin. */
  readonly begun: readonly string[];
}

/** Refuses what a client causes in rooms: too many memberships, and too much that its account makes the rooms keep. */
export class RoomCapacity {
  /** What the application may raise. */
  readonly #option: string;

  readonly #roomsPerClient: number;

  /** `hasStore` tells whether the rooms are in a store of the application. */
  constructor(hasStore: boolean, roomsPerClient: number) {
    this.#roomsPerClient = roomsPerClient;
    this.#option = hasStore ? "the `bytes` of the store" : "limits.historyBytes";
  }

  /**
   * Checks that the client may send a message, besides `heldBytes` of others that are not sent yet.
   * @returns the bytes of the message.
   * @throws RequestError with `TOO_MUCH_HISTORY`.
   */
  checkMessage(log: RoomLog, { message }: RoomAppend, heldBytes = 0): number {
    const bytes = messageBytes(message);
    const { account } = message;
    if (account !== undefined && log.hasCapacity?.(account, heldBytes + bytes) === false)
      throw new RequestError(
        "TOO_MUCH_HISTORY",
        `the rooms keep too much of this client: send later, or raise ${this.#option}`,
      );
    return bytes;
  }

  /**
   * Checks that the client may join rooms: all of them.
   * @throws RequestError with `TOO_MANY_ROOMS`.
   */
  checkJoins(log: RoomLog, account: string, { present, added, begun }: Joins): void {
    const max = this.#roomsPerClient;
    if (present + added > max)
      throw new RequestError(
        "TOO_MANY_ROOMS",
        `a client is in ${max} rooms at most, and would be in ${present + added}: leave some, or raise \`perPeer\` in app.implement(contract, { rooms: { perPeer: ${max} } }, setup)`,
      );
    // Twice: what the first rooms use counts to the account, and is no longer free. Then the last one can begin too.
    const bytes = 2 * begun.slice(0, -1).reduce((sum, room) => sum + bytesPerRoom + room.length, 0);
    if (begun.length > 0 && log.hasCapacity?.(account, bytes) === false)
      throw new RequestError(
        "TOO_MANY_ROOMS",
        `the rooms keep too much of this client: leave some, or raise ${this.#option}`,
      );
  }
}

/** The size of a room message, in bytes, estimated. */
export function messageBytes({ data }: RoomMessage): number {
  return bytesPerMessage + data.length;
}
