import { type Codec, type Message, passthrough } from "@symbolon/protocol";
import { RawSocket, type Wire } from "@symbolon/protocol/internal";
import type { Clock } from "../timing/clock.ts";

/** What was waited for in a test did not come in time. */
export class TimeoutError extends Error {
  override readonly name: string = "TimeoutError";
  readonly code = "TIMEOUT";

  /** `ms` is how long it had, `what` what was waited for. */
  constructor(ms: number, what: string) {
    super(`${what} did not come within ${ms} ms`);
  }
}

/** How long to wait. */
export interface WaitOptions {
  /** In ms. Default: as long as it takes. */
  readonly timeout?: number | undefined;
}

/** Waits for `work`, but not longer than `timeout`. Rejects with `TimeoutError`. */
export function withTimeout<Value>(
  work: Promise<Value>,
  { timeout, clock, what }: WaitOptions & { readonly clock: Clock; readonly what: string },
): Promise<Value> {
  if (timeout === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = clock.after(timeout, () => reject(new TimeoutError(timeout, what)));
    work.finally(stop).then(resolve, reject);
  });
}

interface Waited {
  readonly order: number;
  readonly message: Promise<Message>;
}

/** The client's end of a socket in memory; closed when its scope ends. */
export class TestSocket extends RawSocket implements AsyncDisposable {
  /** The headers of the 101. */
  readonly headers: Headers;
  readonly #clock: Clock;
  readonly #timeout: number | undefined;
  /** Messages that were waited for, but not taken, in their order. */
  readonly #waited: Waited[] = [];
  #asked = 0;

  constructor(wire: Wire, headers: Headers, { timeout, clock }: WaitOptions & { readonly clock: Clock }) {
    super(wire);
    this.headers = headers;
    this.#timeout = timeout;
    this.#clock = clock;
  }

  /** The next message, also read by a codec. Rejects with `TimeoutError` when it does not come in time: it can be received later. */
  override receive(patience?: WaitOptions): Promise<Message>;
  override receive<Value>(codec: Codec<never, Value>, patience?: WaitOptions): Promise<Value>;
  override async receive(
    first: Codec<never, unknown> | WaitOptions = {},
    second: WaitOptions = {},
  ): Promise<unknown> {
    const [codec, { timeout }] = "decode" in first ? [first, second] : [passthrough, first];
    const waited = this.#waited.shift() ?? this.#wait();
    try {
      const limit = { timeout: timeout ?? this.#timeout, clock: this.#clock, what: "a message" };
      return codec.decode(await withTimeout(waited.message, limit));
    } catch (error) {
      if (error instanceof TimeoutError) {
        this.#waited.push(waited);
        this.#waited.sort((one, other) => one.order - other.order);
      }
      throw error;
    }
  }

  /** The next message if there is one, left for `receive`; undefined when nothing came of all that is under way in memory. Rejects with `CloseError` at the end. */
  peek(): Promise<Message | undefined> {
    const [waited = this.#wait()] = this.#waited;
    this.#waited[0] = waited;
    const nothing = new Promise<undefined>((resolve) => setImmediate(resolve, undefined));
    return Promise.race([waited.message, nothing]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  #wait(): Waited {
    const message = super.receive(passthrough);
    message.catch(() => {}); // whoever receives is told, and nobody has to
    return { order: (this.#asked += 1), message };
  }
}
