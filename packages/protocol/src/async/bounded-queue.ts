import { Queue } from "./queue.ts";

/** What a mailbox is told about: how much it may hold before it asks its writer to wait. */
export interface MailboxOptions {
  /** Items with which the mailbox is full. Default 64. */
  readonly limit?: number;
  /** Called when the mailbox becomes full: stop writing. */
  readonly full?: () => void;
  /** Called when a full mailbox has been half emptied: write again. */
  readonly roomy?: () => void;
}

/** A queue that asks its writer to wait while it is full. */
export class Mailbox<Item> extends Queue<Item> {
  readonly #options: MailboxOptions;
  readonly #limit: number;
  #full = false;

  constructor(options: MailboxOptions = {}) {
    super();
    this.#options = options;
    this.#limit = options.limit ?? 64;
  }

  /** Adds an item; after `end` it does nothing. Never refuses: `full` asks the writer to pause. */
  override put(item: Item): void {
    super.put(item);
    if (this.#full || this.size < this.#limit) return;
    this.#full = true;
    this.#options.full?.();
  }

  /** The next item, as `Queue` gives it; once half is taken, `roomy` asks the writer to go on. */
  override take(): Promise<Item> {
    const taken = super.take();
    if (this.#full && this.size <= this.#limit / 2) {
      this.#full = false;
      this.#options.roomy?.();
    }
    return taken;
  }
}
