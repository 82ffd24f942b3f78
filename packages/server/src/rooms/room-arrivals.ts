import type { RoomEntry, RoomPart, RoomPosition } from "../store/room-log.ts";

/** How many messages it has at most: beyond it the oldest go, and the member receives a gap. */
const maxEntries = 100;
/** The most bytes of their data; the newest message is kept although it is larger. */
const maxBytes = 2 ** 20;

/** The newest messages that have arrived for a member which has not caught up, in a room that remembers nothing. */
export class RoomArrivals {
  readonly #arrived: { readonly entry: RoomEntry; readonly epoch: string }[] = [];

  #bytes = 0;
  /** The messages of the newest epoch that have gone: the offset before the first, and when the last was sent. */
  #gone: { readonly epoch: string; readonly previous: number; readonly at: number } | undefined;

  /** A message has arrived. */
  add(entry: RoomEntry, epoch: string): void {
    this.#arrived.push({ entry, epoch });
    this.#bytes += entry.data.length;
    while (this.#arrived.length > maxEntries || (this.#bytes > maxBytes && this.#arrived.length > 1))
      this.#drop();
  }

  /** Drops the messages. */
  clear(): void {
    while (this.#arrived.length > 0) this.#drop();
  }

  #drop(): void {
    const dropped = this.#arrived.shift();
    if (dropped === undefined) return;
    const { entry, epoch } = dropped;
    this.#bytes -= entry.data.length;
    const previous = this.#gone?.epoch === epoch ? this.#gone.previous : entry.previous;
    this.#gone = { epoch, previous, at: entry.at };
  }

  /** What was read from the log after a position, with the messages that the log did not keep. */
  complete(part: RoomPart, position: RoomPosition): RoomPart {
    const continues = part.epoch === position.epoch && position.offset <= part.offset;
    const from = continues ? position.offset : part.offset;
    const entries = this.#arrived
      .filter(({ entry, epoch }) => epoch === part.epoch && entry.offset > from)
      .map(({ entry }) => entry);
    const [first] = entries;
    if (first === undefined) return part;
    const { epoch, offset } = part;
    const to = first.previous;
    return to > from ? { epoch, offset, gap: { from, to }, entries } : { epoch, offset, entries };
  }

  /**
   * The offset before the oldest message that was sent at a time or later, in ms since 1970; undefined without one. When such a
   * message has gone, it is the offset before the first that has arrived: the member receives a gap.
   */
  offsetBefore(at: number, inEpoch: string): number | undefined {
    const gone = this.#gone;
    if (gone?.epoch === inEpoch && gone.at >= at) return gone.previous;
    return this.#arrived.find(({ entry, epoch }) => epoch === inEpoch && entry.at >= at)?.entry.previous;
  }
}
