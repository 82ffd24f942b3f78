/**
 * A message on its way: a promise that may be awaited or left alone. Awaited, it settles when the message was delivered
 * or has failed; left alone, a failure raises no unhandled rejection.
 */
export class Sent implements Promise<void> {
  #state: "pending" | "fulfilled" | "rejected" = "pending";
  #error: unknown;
  #promise: Promise<void> | undefined;
  /** Settles the promise as the message did. */
  #settle: (() => void) | undefined;
  readonly #onUnhandled: ((error: unknown) => void) | undefined;

  /** `onUnhandled` receives the error of a message that fails while no code awaits it. */
  constructor(onUnhandled?: (error: unknown) => void) {
    this.#onUnhandled = onUnhandled;
  }

  get [Symbol.toStringTag](): string {
    return "Sent";
  }

  /** Whether the message is on its way, was delivered, or has failed. */
  get state(): "pending" | "fulfilled" | "rejected" {
    return this.#state;
  }

  /** Whether any code awaits it. */
  get awaited(): boolean {
    return !!this.#promise;
  }

  /** For the sender: the message was delivered. Only the first outcome counts. */
  resolve(): void {
    this.#end("fulfilled");
  }

  /** For the sender: the message failed. Only the first outcome counts. */
  reject(error: unknown): void {
    this.#end("rejected", error);
  }

  // The promise is made when it is asked for: most messages are sent and left alone.
  // oxlint-disable-next-line unicorn/no-thenable -- being awaited is what this class is for
  then<Value = void, Failure = never>(
    onFulfilled?: ((value: void) => Value | PromiseLike<Value>) | null,
    onRejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Value | Failure> {
    this.#promise ??= new Promise<void>((resolve, reject) => {
      this.#settle = () => (this.#state === "fulfilled" ? resolve() : reject(this.#error));
      if (this.#state !== "pending") this.#settle();
    });
    return this.#promise.then(onFulfilled, onRejected);
  }

  /** As `Promise.prototype.catch`. */
  catch<Failure = never>(
    onRejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<void | Failure> {
    return this.then(undefined, onRejected);
  }

  /** As `Promise.prototype.finally`. */
  finally(onSettled?: (() => void) | null): Promise<void> {
    return this.then().finally(onSettled);
  }

  #end(state: "fulfilled" | "rejected", error?: unknown): void {
    if (this.#state !== "pending") return;
    this.#state = state;
    this.#error = error;
    if (this.#settle) this.#settle();
    else if (state === "rejected") this.#onUnhandled?.(error);
  }
}
