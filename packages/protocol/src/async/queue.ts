/** Handles one message of a queue. It must not reject; the next task starts when its result has settled. */
export type Task = () => unknown;

/** A queue: the first item in is the first item out. */
export class Queue<Item> {
  // Shifting one array would move every item; of two arrays, one is reversed when the other is empty.
  #newest: Item[] = [];
  #oldest: Item[] = [];

  /** How many items wait. */
  get size(): number {
    return this.#newest.length + this.#oldest.length;
  }

  /** Adds an item. */
  push(item: Item): void {
    this.#newest.push(item);
  }

  /** Removes the oldest item. @returns the item; undefined when the queue is empty. */
  shift(): Item | undefined {
    if (this.#oldest.length === 0) {
      this.#oldest = this.#newest.reverse();
      this.#newest = [];
    }
    return this.#oldest.pop();
  }

  /** Removes all items. */
  clear(): void {
    this.#newest = [];
    this.#oldest = [];
  }
}

/** How many items a queue holds before it asks its writer to wait. */
export interface BoundedQueueOptions {
  /** Items with which the queue is full. @default 64 */
  readonly limit?: number;
  /** The queue became full: stop writing. */
  readonly onFull?: () => void;
  /** Half of a full queue was read: write again. */
  readonly onDrain?: () => void;
}

/** A queue whose readers wait for items, and that asks its writer to wait while it is full. */
export class BoundedQueue<Item> extends Queue<Item> {
  readonly #options: BoundedQueueOptions;
  readonly #limit: number;
  readonly #readers: (() => void)[] = [];
  #end: { readonly reason: unknown } | undefined;
  #full = false;

  constructor(options: BoundedQueueOptions = {}) {
    super();
    this.#options = options;
    this.#limit = options.limit ?? 64;
  }

  /** Adds an item; after `end` it does nothing. Never refuses: `onFull` asks the writer to wait. */
  override push(item: Item): void {
    if (this.#end) return;
    super.push(item);
    this.#readers.shift()?.();
    if (this.#full || this.size < this.#limit) return;
    this.#full = true;
    this.#options.onFull?.();
  }

  override shift(): Item | undefined {
    const item = super.shift();
    if (this.#full && this.size <= this.#limit / 2) {
      this.#full = false;
      this.#options.onDrain?.();
    }
    return item;
  }

  /** Waits for the next item. Rejects with the reason of `end` once the queue is empty. */
  pull(): Promise<Item> {
    return new Promise((resolve, reject) => {
      const read = (): void => {
        if (this.size > 0) resolve(this.shift() as Item); // an item may be undefined
        else if (this.#end) reject(this.#end.reason);
        else this.#readers.push(read);
      };
      read();
    });
  }

  /** Ends the queue: readers get the items that wait, then `pull` rejects with `reason`. A second end does nothing. */
  end(reason: unknown): void {
    this.#end ??= { reason };
    for (const read of this.#readers.splice(0)) read();
  }
}
