/** A queue that one side fills and the other drains. */
export class Queue<Item> {
  // Shifting one array would move every item; of two, one is turned around when the other is empty.
  readonly #newest: Item[] = [];
  #oldest: Item[] = [];
  readonly #readers: (() => void)[] = [];
  #end: { readonly reason: unknown } | undefined;

  /** How many items wait. */
  get size(): number {
    return this.#newest.length + this.#oldest.length;
  }

  /** Adds an item; after `end` it does nothing. */
  push(item: Item): void {
    if (this.#end) return;
    this.#newest.push(item);
    this.#readers.shift()?.();
  }

  /** The next item, waiting for one; rejects with the reason of `end` once the queue is empty. */
  pull(): Promise<Item> {
    return new Promise((resolve, reject) => {
      const read = (): void => {
        if (this.#oldest.length === 0) this.#oldest = this.#newest.splice(0).reverse();
        if (this.#oldest.length > 0) resolve(this.#oldest.pop() as Item); // which may well be undefined
        else if (this.#end) reject(this.#end.reason);
        else this.#readers.push(read);
      };
      read();
    });
  }

  /** Ends the queue: what waits can still be taken, then `take` rejects with `reason`. A second end does nothing. */
  end(reason: unknown): void {
    this.#end ??= { reason };
    for (const read of this.#readers.splice(0)) read();
  }
}
