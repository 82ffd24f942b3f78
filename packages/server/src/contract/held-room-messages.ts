import type { RecordRoomMessages } from "../session/link.ts";
import type { RoomAppend, RoomLog } from "../store/room-log.ts";

/** What the handler of one message has sent in rooms, until it is committed or dropped; after that it holds nothing. */
export class HeldRoomMessages {
  #appends: RoomAppend[] | undefined = [];
  #volatile: (() => void)[] = [];
  #bytes = 0;

  /** The size of the messages that it holds. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Holds a message of so many bytes. @returns false when it holds nothing any more. */
  hold(append: RoomAppend, bytes: number): boolean {
    if (this.#appends === undefined) return false;
    this.#appends.push(append);
    this.#bytes += bytes;
    return true;
  }

  /** Sends a volatile event when the messages are committed, or at once when it holds nothing any more. */
  holdVolatile(send: () => void): void {
    if (this.#appends === undefined) send();
    else this.#volatile.push(send);
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
    `${failures.length} of the ${appends.length} messages that a handler sent in rooms are lost, and the others are sent: the store has failed`,
    { cause: first.reason },
  );
}
