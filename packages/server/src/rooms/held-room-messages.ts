import { RequestError } from "@symbolon/protocol";
import type { RoomAppend, RoomLog, RoomMessage } from "../store/room-log.ts";
import { messageBytes } from "./room-capacity.ts";

/** Records what a handler has sent to rooms, with the message that caused it. @returns false when nothing is recorded here. */
export type RecordRoomMessages = (messages: readonly RoomAppend[]) => boolean;

/** The most bytes that it holds of messages that count to no account: those that no room remembers. */
const maxUncounted = 2 ** 22;

/** What the handler of one message has sent in rooms, until it is committed or dropped; after that it holds nothing. */
export class HeldRoomMessages {
  #appends: RoomAppend[] | undefined = [];
  #volatile: (() => void)[] = [];
  #bytes = 0;
  #uncounted = 0;

  /** The size of the messages that it holds and that count to the account of the client. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Holds a message of which so many bytes count to the account; 0 when no room remembers it.
   * @returns false when it holds nothing any more.
   * @throws RequestError with `TOO_MUCH_HISTORY` when it holds too much that no room remembers.
   */
  hold(append: RoomAppend, bytes: number): boolean {
    if (this.#appends === undefined) return false;
    if (bytes === 0) this.#addUncounted(append.message);
    this.#appends.push(append);
    this.#bytes += bytes;
    return true;
  }

  /**
   * Sends a volatile event when the messages are committed, or at once when it holds nothing any more.
   * @throws as `hold` does.
   */
  holdVolatile(event: RoomMessage, send: () => void): void {
    if (this.#appends === undefined) return send();
    this.#addUncounted(event);
    this.#volatile.push(send);
  }

  /**
   * Sends what it holds: by `record` if it can, else by the log.
   * @returns undefined when that is done at once; else a promise that rejects when the log fails.
   */
  commit(record: RecordRoomMessages, log: RoomLog): Promise<void> | undefined {
    const [appends, events] = [this.#appends ?? [], this.#volatile];
    this.discard();
    for (const send of events) send();
    return appends.length === 0 || record(appends) ? undefined : appendAll(log, appends);
  }

  /** Drops what it holds. */
  discard(): void {
    this.#appends = undefined;
    this.#volatile = [];
    this.#bytes = 0;
    this.#uncounted = 0;
  }

  #addUncounted(message: RoomMessage): void {
    const uncounted = this.#uncounted + messageBytes(message);
    if (uncounted > maxUncounted)
      throw new RequestError(
        "TOO_MUCH_HISTORY",
        `a handler holds at most ${maxUncounted} bytes of volatile events, and of messages to rooms that remember nothing: send less, or by service.room(name).send, which sends at once`,
      );
    this.#uncounted = uncounted;
  }
}

/** Rejects with an error that has the number of the messages that are lost: the others are sent. */
async function appendAll(log: RoomLog, appends: readonly RoomAppend[]): Promise<void> {
  const results = await Promise.allSettled(
    appends.map(async ({ room, message, keep }) => log.append(room, message, keep)),
  );
  const failures = results.filter((result) => result.status === "rejected");
  const [first] = failures;
  if (first === undefined) return;
  throw new Error(
    `${failures.length} of the ${appends.length} messages that a handler sent in rooms may be lost, and the others are sent: the store has failed`,
    { cause: first.reason },
  );
}
