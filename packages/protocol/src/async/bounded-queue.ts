import { Queue } from "./queue.ts";

/** What a mailbox is told about: how much it may hold before it asks its writer to wait. */
export interface BoundedQueueOptions {
  /** Items with which the mailbox is full. Default 64. */
  readonly limit?: number;
  /** Called when the mailbox becomes full: stop writing. */
  readonly onFull?: () => void;
  /** Called when a full mailbox has been half emptied: write again. */
  readonly onDrain?: () => void;
}

/** A queue that asks its writer to wait while it is full. */
export class BoundedQueue<Item> extends Queue<Item> {
  readonly #options: BoundedQueueOptions;
  readonly #limit: number;
  #full = false;

  constructor(options: BoundedQueueOptions = {}) {
    super();
    this.#options = options;
    this.#limit = options.limit ?? 64;
  }

  /** Adds an item; after `end` it does nothing. Never refuses: `full` asks the writer to pause. */
  override push(item: Item): void {
    super.push(item);
    if (this.#full || this.size < this.#limit) return;
    this.#full = true;
    this.#options.onFull?.();
  }

  /** The next item, as `Queue` gives it; once half is taken, `roomy` asks the writer to go on. */
  override pull(): Promise<Item> {
    const taken = super.pull();
    if (this.#full && this.size <= this.#limit / 2) {
      this.#full = false;
      this.#options.onDrain?.();
    }
    return taken;
  }
}
