/** What a client keeps of what its server sends. Beyond it, the client closes with 4400. */
export interface InboxOptions {
  /** Messages that wait for the application. @default 10,000 */
  readonly messages?: number;
  /** Bytes of these messages; the last one may exceed them. @default 16 MiB */
  readonly bytes?: number;
}

/** The reason of the close with 4400. */
export const inboxFull = "too many messages wait here: handle them faster, or raise the option inbox";

/** Counts the messages that wait for the application. */
export class Inbox {
  readonly #limit: Required<InboxOptions>;
  /** The bytes of each message that waits, the oldest first. */
  readonly #waiting: number[] = [];
  #bytes = 0;

  constructor({ messages = 10_000, bytes = 2 ** 24 }: InboxOptions = {}) {
    this.#limit = { messages, bytes };
  }

  /**
   * So many messages wait now: the oldest are gone, or one of so many bytes is new.
   * @returns false when they are too many.
   */
  update(messages: number, bytes = 0): boolean {
    while (this.#waiting.length > messages) this.#bytes -= this.#waiting.shift() ?? 0;
    if (this.#waiting.length === messages) return true;
    const fits = messages <= this.#limit.messages && this.#bytes < this.#limit.bytes;
    this.#waiting.push(bytes);
    this.#bytes += bytes;
    return fits;
  }
}
