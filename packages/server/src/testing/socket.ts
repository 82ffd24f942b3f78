import type { Codec, Message } from "@symbolon/protocol";
import { passthrough, RawSocket, type Wire } from "@symbolon/protocol/internal";
import type { Clock } from "../timing/clock.ts";

/** A test has waited for a message or an answer that did not arrive in time. */
export class TimeoutError extends Error {
  override readonly name: string = "TimeoutError";
  /** Tells it from other errors across copies of this module. */
  readonly code = "TIMEOUT";

  /** `ms` is how long the test has waited for `awaited`. */
  constructor(ms: number, awaited: string) {
    super(`${awaited} did not arrive within ${ms} ms`);
  }
}

/** How long to wait. */
export interface WaitOptions {
  /**
   * The limit, in ms.
   * @default no limit
   */
  readonly timeout?: number | undefined;
}

/** Waits for `work`, but at most `timeout`: then it rejects with `TimeoutError`. */
export function withTimeout<Value>(
  work: Promise<Value>,
  { timeout, clock, awaited }: WaitOptions & { readonly clock: Clock; readonly awaited: string },
): Promise<Value> {
  if (timeout === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = clock.after(timeout, () => reject(new TimeoutError(timeout, awaited)));
    work.finally(stop).then(resolve, reject);
  });
}

/** A pending `receive`. */
interface RequestedMessage {
  readonly order: number;
  readonly message: Promise<Message>;
}

/** The client's end of a socket in memory; closed when its scope ends. */
export class TestSocket extends RawSocket implements AsyncDisposable {
  /** The headers of the 101. */
  readonly headers: Headers;
  readonly #clock: Clock;
  readonly #timeout: number | undefined;
  /** Messages that were requested but not returned, in their order. */
  readonly #requested: RequestedMessage[] = [];
  #requests = 0;

  constructor(wire: Wire, headers: Headers, { timeout, clock }: WaitOptions & { readonly clock: Clock }) {
    super(wire);
    this.headers = headers;
    this.#timeout = timeout;
    this.#clock = clock;
  }

  /**
   * The next message, also read by a codec. Rejects with `TimeoutError` when it does not arrive in time; a later `receive`
   * returns it then.
   */
  override receive(limit?: WaitOptions): Promise<Message>;
  override receive<Value>(codec: Codec<never, Value>, limit?: WaitOptions): Promise<Value>;
  override async receive(
    first: Codec<never, unknown> | WaitOptions = {},
    second: WaitOptions = {},
  ): Promise<unknown> {
    const [codec, { timeout }] = "decode" in first ? [first, second] : [passthrough, first];
    const requested = this.#requested.shift() ?? this.#request();
    try {
      const limit = { timeout: timeout ?? this.#timeout, clock: this.#clock, awaited: "a message" };
      return codec.decode(await withTimeout(requested.message, limit));
    } catch (error) {
      if (error instanceof TimeoutError) {
        this.#requested.push(requested);
        this.#requested.sort((one, other) => one.order - other.order);
      }
      throw error;
    }
  }

  /**
   * The next message, which stays for `receive`; undefined when none arrives of those that are under way in memory.
   * Rejects with `CloseError` at the end.
   */
  peek(): Promise<Message | undefined> {
    const [next = this.#request()] = this.#requested;
    this.#requested[0] = next;
    const nothing = new Promise<undefined>((resolve) => setImmediate(resolve, undefined));
    return Promise.race([next.message, nothing]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  #request(): RequestedMessage {
    const message = super.receive(passthrough);
    message.catch(() => {}); // a test that does not receive must not fail by it
    return { order: (this.#requests += 1), message };
  }
}
