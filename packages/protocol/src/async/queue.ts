/** Handles one message of a queue. It must not reject; the next task starts when its result has settled. */
export type Task = () => unknown;

/** How many items a queue holds before its writer pauses. */
export interface BoundedQueueOptions<Item = never> {
  /** Items with which the queue is full. @default 64 */
  readonly limit?: number;
  /** Weighs an item: the queue is full with a weight of 4 MiB, too. @default every item weighs nothing */
  readonly weigh?: (item: Item) => number;
  /** Pauses when the queue becomes full, and resumes when half of a full queue was read. */
  readonly writer?: { pause(): void; resume(): void };
}

/** The weight with which a queue is full. */
const maxWeight: number = 2 ** 22;

/** Waits for an item. */
interface Reader<Item> {
  readonly resolve: (item: Item) => void;
  readonly reject: (reason: unknown) => void;
}

/** A queue: the first item in is the first item out. Its readers wait for items; its writer pauses while it is full. */
export class BoundedQueue<Item> {
  /** Why it has ended; undefined before `end`. */
  ended: { readonly reason: unknown } | undefined;
  // Shifting one array would move every item; of two arrays, one is reversed when the other is empty.
  readonly #newest: Item[] = [];
  #oldest: Item[] = [];
  /** They wait while the queue is empty. */
  #readers: Reader<Item>[] = [];
  readonly #options: BoundedQueueOptions<Item>;
  readonly #limit: number;
  #weight = 0;
  #full = false;

  constructor(options: BoundedQueueOptions<Item> = {}) {
    this.#options = options;
    this.#limit = options.limit ?? 64;
  }

  /** How many items wait. */
  get size(): number {
    return this.#newest.length + this.#oldest.length;
  }

  /** Adds an item; after `end` it does nothing. Never refuses: a full queue pauses its writer. */
  push(item: Item): void {
    if (this.ended) return;
    const reader = this.#readers.shift();
    if (reader) return reader.resolve(item);
    this.#newest.push(item);
    this.#weight += this.#options.weigh?.(item) ?? 0;
    if (this.#full || (this.size < this.#limit && this.#weight < maxWeight)) return;
    this.#full = true;
    this.#options.writer?.pause();
  }

  /** Waits for the next item. Rejects with the reason of `end` once the queue is empty. */
  pull(): Promise<Item> {
    return new Promise((resolve, reject) => {
      if (this.size > 0) resolve(this.take());
      else if (this.ended) reject(this.ended.reason);
      else if (this.#readers.length > 0) this.#readers.push({ resolve, reject });
      else this.#readers = [{ resolve, reject }]; // one reader is usual: `push` would keep memory for 17
    });
  }

  /** The next item of a queue that is not empty. */
  take(): Item {
    if (this.#oldest.length === 0) this.#oldest = this.#newest.splice(0).reverse();
    const item = this.#oldest.pop() as Item; // which may be undefined
    this.#weight -= this.#options.weigh?.(item) ?? 0;
    if (this.#full && this.size <= this.#limit / 2 && this.#weight <= maxWeight / 2) {
      this.#full = false;
      this.#options.writer?.resume();
    }
    return item;
  }

  /** Ends the queue: readers get the items that wait, then `pull` rejects with `reason`. A second end does nothing. */
  end(reason: unknown): void {
    this.ended ??= { reason };
    for (const { reject } of this.#readers) reject(this.ended.reason);
  }
}
