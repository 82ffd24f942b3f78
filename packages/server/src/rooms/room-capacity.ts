import { RequestError } from "@symbolon/protocol";
import type { RoomAppend, RoomLog } from "../store/room-log.ts";

/** The size of a room message without its data, in bytes, estimated. */
const bytesPerMessage = 256;

/** Refuses what the client of an account causes in rooms when they keep too much for it. */
export class RoomCapacity {
  /** What the application may raise. */
  readonly #option: string;

  /** `hasStore` tells whether the rooms are in a store of the application. */
  constructor(hasStore: boolean) {
    this.#option = hasStore ? "the `bytes` of the store" : "limits.historyBytes";
  }

  /**
   * Checks that the client may send a message, besides `heldBytes` of others that are not sent yet.
   * @returns the bytes of the message.
   * @throws RequestError with `TOO_MUCH_HISTORY`.
   */
  checkMessage(log: RoomLog, { message }: RoomAppend, heldBytes = 0): number {
    const bytes = bytesPerMessage + message.data.length;
    const { account } = message;
    if (account !== undefined && log.hasCapacity?.(account, heldBytes + bytes) === false)
      throw new RequestError(
        "TOO_MUCH_HISTORY",
        `the rooms keep too much of this client: send later, or raise ${this.#option}`,
      );
    return bytes;
  }

  /**
   * Checks that the client may join a room without members, which may have to begin.
   * @throws RequestError with `TOO_MANY_ROOMS`.
   */
  checkRoom(log: RoomLog, account: string): void {
    if (log.hasCapacity?.(account, 0) === false)
      throw new RequestError(
        "TOO_MANY_ROOMS",
        `the rooms keep too much of this client: leave some, or raise ${this.#option}`,
      );
  }
}
