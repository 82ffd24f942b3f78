import { stampSize } from "../frames/frame.ts";
import type { CallChannel } from "../contract/message-kind.ts";
import type { Message } from "../wire/wire.ts";

/** How many items may be on their way to a reader who has taken none. */
export const itemWindow = 16;
/** How many characters of them. */
export const sizeWindow: number = 2 ** 18;

/** Sends what an iterable gives in a call, as fast as the other half takes it, and no faster. */
export class StreamWriter {
  readonly #call: CallChannel;
  #items = itemWindow;
  #size = sizeWindow;
  #stopped = false;
  /** Ends what `run` waits for, when it is room. */
  #roomy: (() => void) | undefined;
  /** Ends what `run` waits for, whatever it is. */
  #halt: (() => void) | undefined;

  constructor(call: CallChannel) {
    this.#call = call;
  }

  /** So many items and characters may have been sent in all. Less than was granted before changes nothing. */
  credit(items: number, size: number): void {
    this.#items = Math.max(this.#items, items);
    this.#size = Math.max(this.#size, size);
    this.#roomy?.();
  }

  /** Sends no more, and returns the iterator. */
  stop(): void {
    this.#stopped = true;
    this.#halt?.();
  }

  /**
   * Sends each value, then resolves; stopped, it resolves when the iterator has returned. A value is asked for only when
   * there is room for it. Rejects with what the iterator throws, and TypeError when a value cannot be written.
   */
  async run(values: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
    const iterator = iteratorOf(values);
    let sent = 0;
    let size = 0;
    for (;;) {
      while (!this.#stopped && (sent >= this.#items || size >= this.#size))
        await this.#unlessStopped(new Promise<void>((resolve) => (this.#roomy = resolve)));
      const next = this.#stopped ? undefined : await this.#unlessStopped(iterator.next());
      if (next === undefined) break;
      if (next.done === true) return;
      let message: Message;
      try {
        message = this.#call.write({ t: "next", data: next.value });
      } catch (error) {
        // Not awaited: whoever reads is to hear of it now.
        void Promise.resolve(iterator.return?.()).catch(() => {});
        throw error;
      }
      sent += 1;
      size += message.length + stampSize;
      await this.#unlessStopped(this.#call.send(message));
    }
    await iterator.return?.();
  }

  #unlessStopped<Value>(value: Value | PromiseLike<Value>): Promise<Value | undefined> {
    return new Promise((resolve, reject) => {
      this.#halt = () => resolve(undefined);
      Promise.resolve(value).then(resolve, reject);
    });
  }
}

function iteratorOf(
  values: AsyncIterable<unknown> | Iterable<unknown>,
): AsyncIterator<unknown> | Iterator<unknown> {
  return Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
}
