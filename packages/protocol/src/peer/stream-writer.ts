import { LoopBudget } from "../async/event-loop.ts";
import { DrainSignal } from "../async/drain.ts";
import type { CallChannel } from "../contract/call.ts";
import { stampSize } from "../frames/frame.ts";
import { byteLength } from "../wire/byte-length.ts";
import type { Message } from "../wire/wire.ts";

/** How many items may be sent to a reader that has read none. */
export const itemWindow = 16;
/** How many bytes of them. */
export const byteWindow: number = 2 ** 18;

/** Sends the values of an iterable in a call, as fast as the remote peer reads them. */
export class StreamWriter {
  readonly #channel: CallChannel;
  #items = itemWindow;
  #bytes = byteWindow;
  #stopped = false;
  readonly #credit = new DrainSignal();
  /** Ends what `run` waits for. */
  #interrupt: (() => void) | undefined;

  constructor(channel: CallChannel) {
    this.#channel = channel;
  }

  /** So many items and bytes may be sent in all. Less than was granted before changes nothing. */
  grant(items: number, bytes: number): void {
    this.#items = Math.max(this.#items, items);
    this.#bytes = Math.max(this.#bytes, bytes);
    this.#credit.release();
  }

  /** Sends nothing more, and returns the iterator. */
  stop(): void {
    this.#stopped = true;
    this.#interrupt?.();
  }

  /**
   * Sends each value, then resolves; stopped, it resolves when the iterator has returned. Asks for a value only when there
   * is credit for it, and while the session has capacity: the remote peer may grant more credit than it acknowledges. Rejects with what the iterator throws, and with TypeError when a value cannot be written.
   */
  async run(values: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
    const iterator = iteratorOf(values);
    const budget = new LoopBudget(this.#channel.nextTurn);
    let items = 0;
    let bytes = 0;
    let failure: { readonly error: unknown } | undefined;
    for (;;) {
      while (!this.#stopped && (items >= this.#items || bytes >= this.#bytes))
        await this.#unlessStopped(this.#credit.wait());
      const next = this.#stopped
        ? undefined
        : await this.#unlessStopped(iterator.next(), (error) => (failure = { error }));
      if (next === undefined) break;
      if (next.done === true) return;
      let message: Message;
      try {
        message = this.#channel.write({ t: "next", data: next.value });
      } catch (error) {
        // Not awaited: the reader is to get the error now.
        void Promise.resolve(iterator.return?.()).catch(() => {});
        throw error;
      }
      const size = byteLength(message) + stampSize;
      items += 1;
      bytes += size;
      await this.#unlessStopped(this.#channel.send(message));
      await this.#unlessStopped(budget.step(size) ?? this.#channel.capacity());
    }
    await iterator.return?.();
    if (failure !== undefined) throw failure.error; // of the value that was awaited when it was stopped
  }

  /** Calls `onError` with a failure, after `stop` too. */
  #unlessStopped<Value>(
    value: Value | PromiseLike<Value>,
    onError?: (error: unknown) => void,
  ): Promise<Value | undefined> {
    return new Promise((resolve, reject) => {
      this.#interrupt = () => resolve(undefined);
      Promise.resolve(value).then(resolve, (error: unknown) => {
        onError?.(error);
        reject(error);
      });
    });
  }
}

function iteratorOf(
  values: AsyncIterable<unknown> | Iterable<unknown>,
): AsyncIterator<unknown> | Iterator<unknown> {
  return Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
}
