import { ProtocolError } from "../errors.ts";
import type { CallChannel } from "../contract/message-kind.ts";
import { itemWindow, sizeWindow } from "./stream-writer.ts";
import { BoundedQueue } from "../async/queue.ts";
import { type Schema, validate } from "../contract/schema.ts";

interface Item {
  readonly data: unknown;
  readonly size: number;
}

/** What the one who reads a stream has still to read, bounded by the credit it grants as it reads. */
export class StreamReader {
  readonly #call: CallChannel;
  readonly #schema: Schema;
  readonly #queue = new BoundedQueue<Item>();
  #ended = false;
  #arrived = { items: 0, size: 0 };
  #taken = { items: 0, size: 0 };
  #granted = { items: itemWindow, size: sizeWindow };

  constructor(call: CallChannel, schema: Schema) {
    this.#call = call;
    this.#schema = schema;
  }

  /**
   * An item arrived, in so many characters.
   * @throws ProtocolError with 4429 when there was no credit for it.
   */
  push(data: unknown, size: number): void {
    if (this.#arrived.items >= this.#granted.items || this.#arrived.size >= this.#granted.size)
      throw new ProtocolError("more items than there was credit for", 4429);
    this.#arrived = { items: this.#arrived.items + 1, size: this.#arrived.size + size };
    this.#queue.push({ data, size });
  }

  /** No more will come: what is there can be read, then reading ends, or throws `error`. */
  end(error?: unknown): void {
    this.#ended = true;
    this.#queue.end({ error });
  }

  /** Nobody reads any more: what comes is dropped. False when nothing would have come. */
  drop(): boolean {
    const more = !this.#ended;
    this.end();
    return more;
  }

  /** Reads item by item. Throws `ValidationError` for one that its schema refuses. */
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
      this.#grant(item.size);
      yield await validate(this.#schema, item.data);
    }
  }

  /** Says so when half of what was granted has been read: fewer frames, and the sender never waits for one. */
  #grant(size: number): void {
    this.#taken = { items: this.#taken.items + 1, size: this.#taken.size + size };
    const items = this.#taken.items + itemWindow;
    const characters = this.#taken.size + sizeWindow;
    if (items - this.#granted.items < itemWindow / 2 && characters - this.#granted.size < sizeWindow / 2)
      return;
    this.#granted = { items, size: characters };
    this.#call.send(this.#call.write({ t: "credit", n: items, b: characters }));
  }
}
