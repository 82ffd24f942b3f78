/**
 * A message on its way. It can be awaited and can be left alone: awaited, it settles when the message was taken or
 * has failed; left alone, a failure raises no unhandled rejection.
 */
export class Sent implements PromiseLike<void> {
  #outcome: { readonly error?: unknown } | undefined;
  #promise: Promise<void> | undefined;
  #resolve: (() => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  /** For the one who sends: the message was taken. Only the first outcome counts. */
  settle(): void {
    this.#outcome ??= {};
    this.#resolve?.();
  }

  /** For the one who sends: the message failed. Only the first outcome counts. */
  fail(error: unknown): void {
    this.#outcome ??= { error };
    this.#reject?.(error);
  }

  // The promise is made only for the one who asks: most messages are sent and left alone.
  // oxlint-disable-next-line unicorn/no-thenable -- being awaited is what this class is for
  then<Value = void, Failure = never>(
    taken?: ((value: void) => Value | PromiseLike<Value>) | null,
    failed?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Value | Failure> {
    this.#promise ??= this.#toPromise();
    return this.#promise.then(taken, failed);
  }

  #toPromise(): Promise<void> {
    if (this.#outcome === undefined)
      return new Promise((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
      });
    return "error" in this.#outcome ? Promise.reject(this.#outcome.error) : Promise.resolve();
  }
}
