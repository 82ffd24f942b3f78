import { BoundedQueue } from "../async/queue.ts";
import type { CallChannel } from "../contract/call.ts";
import { type Schema, validate } from "../contract/schema.ts";
import { ProtocolError } from "../errors.ts";
import { byteWindow, itemWindow } from "./stream-writer.ts";

interface Item {
  readonly data: unknown;
  readonly bytes: number;
}

/** The items of a stream that wait for their reader, bounded by the credit that is granted as they are read. */
export class StreamReader {
  readonly #channel: CallChannel;
  readonly #schema: Schema;
  readonly #queue = new BoundedQueue<Item>();
  #ended = false;
  #arrived = { items: 0, bytes: 0 };
  #read = { items: 0, bytes: 0 };
  #granted = { items: itemWindow, bytes: byteWindow };

  constructor(channel: CallChannel, schema: Schema) {
    this.#channel = channel;
    this.#schema = schema;
  }

  /** The bytes of the items that have arrived and were not read. */
  get unreadBytes(): number {
    return this.#arrived.bytes - this.#read.bytes;
  }

  /**
   * An item arrived, in a message of so many bytes.
   * @throws ProtocolError with 4429 when there was no credit for it.
   */
  push(data: unknown, bytes: number): void {
    if (this.#arrived.items >= this.#granted.items || this.#arrived.bytes >= this.#granted.bytes)
      throw new ProtocolError("more items than were granted", 4429);
    this.#arrived = { items: this.#arrived.items + 1, bytes: this.#arrived.bytes + bytes };
    this.#queue.push({ data, bytes });
  }

  /** No more items will arrive: those that have can be read, then reading ends, or throws `error`. */
  end(error?: unknown): void {
    this.#ended = true;
    this.#queue.end({ error });
  }

  /** Reads nothing more: items that arrive are dropped. @returns false when none would have arrived. */
  drop(): boolean {
    const more = !this.#ended;
    this.end();
    return more;
  }

  /** Reads item by item. Throws `ValidationError` for one that its schema rejects. */
  async *read(): AsyncGenerator<unknown, void, undefined> {
    for (;;) {
      let item: Item;
      try {
        item = await this.#queue.pull();
      } catch (end) {
        const { error } = end as { readonly error: unknown };
        if (error === undefined) return;
        throw error;
      }
      await this.#channel.capacity(); // a remote peer that acknowledges no credit gets no more
      this.#grant(item.bytes);
      yield await validate(this.#schema, item.data);
    }
  }

  /** Grants more when half of what was granted has been read: the sender rarely waits, for few frames. */
  #grant(size: number): void {
    this.#read = { items: this.#read.items + 1, bytes: this.#read.bytes + size };
    const items = this.#read.items + itemWindow;
    const bytes = this.#read.bytes + byteWindow;
    if (items - this.#granted.items < itemWindow / 2 && bytes - this.#granted.bytes < byteWindow / 2) return;
    this.#granted = { items, bytes };
    this.#channel.send(this.#channel.write({ t: "credit", n: items, b: bytes }));
  }
}
