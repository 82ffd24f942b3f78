/** What a mailbox is told about: how much it may hold before it asks its writer to wait. */
export interface MailboxOptions {
  /** Items with which the mailbox is full. Default 64. */
  readonly limit?: number;
  /** Called when the mailbox becomes full: stop writing. */
  readonly full?: () => void;
  /** Called when a full mailbox has been half emptied: write again. */
  readonly roomy?: () => void;
}

interface Reader<Item> {
  resolve(item: Item): void;
  reject(reason: unknown): void;
}

/** A bounded queue that one side fills and the other drains. */
export class Mailbox<Item> {
  readonly #options: MailboxOptions;
  readonly #limit: number;
  #items: Item[] = [];
  #head = 0;
  #readers: Reader<Item>[] = [];
  #full = false;
  #end: { readonly reason: unknown } | undefined;

  constructor(options: MailboxOptions = {}) {
    this.#options = options;
    this.#limit = options.limit ?? 64;
  }

  /** How many items wait. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Adds an item; after `end` it does nothing. Never refuses: `full` asks the writer to pause. */
  put(item: Item): void {
    if (this.#end !== undefined) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader.resolve(item);
    this.#items.push(item);
    if (this.#full || this.size < this.#limit) return;
    this.#full = true;
    this.#options.full?.();
  }

  /** The next item, waiting for one; rejects with the reason of `end` once the mailbox is empty. */
  take(): Promise<Item> {
    if (this.size === 0) {
      if (this.#end !== undefined) return Promise.reject(this.#end.reason);
      return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
    }
    const item = this.#items[this.#head] as Item; // it may well be undefined
    this.#head += 1;
    // Shifting an array moves every item; cutting it now and then costs nothing that can be measured.
    if (this.#head > 1_000 || this.size === 0) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    if (this.#full && this.size <= this.#limit / 2) {
      this.#full = false;
      this.#options.roomy?.();
    }
    return Promise.resolve(item);
  }

  /** Ends the mailbox: what waits can still be taken, then `take` rejects with `reason`. A second end does nothing. */
  end(reason: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { reason };
    for (const reader of this.#readers.splice(0)) reader.reject(reason);
  }
}
