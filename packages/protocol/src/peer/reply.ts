/** The executor of a promise. */
type Executor<Value> = ConstructorParameters<typeof Promise<Value>>[0];

/** The reply of a request: a promise that may be awaited or left alone. */
export class Reply<Value> extends Promise<Value> {
  #awaited = false;

  /** `onUnhandled` receives the error of a request that fails while no code awaits it; then there is no unhandled rejection. */
  constructor(executor: Executor<Value>, onUnhandled?: (error: unknown) => void) {
    super(executor);
    if (onUnhandled)
      super.then(undefined, (error: unknown) => {
        if (!this.#awaited) onUnhandled(error);
      });
  }

  // oxlint-disable-next-line unicorn/no-thenable -- being awaited is what a promise is for
  override then<Result = Value, Failure = never>(
    onFulfilled?: ((value: Value) => Result | PromiseLike<Result>) | null,
    onRejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Result | Failure> {
    this.#awaited = true;
    return super.then(onFulfilled, onRejected);
  }
}
