/**
 * A message on its way. It can be awaited and can be left alone: awaited, it settles when the message was taken or
 * has failed; left alone, a failure raises no unhandled rejection.
 */
export class Sent implements PromiseLike<void> {
  #state: "pending" | "fulfilled" | "rejected" = "pending";
  #error: unknown;
  #promise: Promise<void> | undefined;
  /** Tells the promise what became of the message. */
  #tell: (() => void) | undefined;
  readonly #unheard: ((error: unknown) => void) | undefined;

  /** `unheard` is told why it failed, when nobody awaits it then. */
  constructor(unheard?: (error: unknown) => void) {
    this.#unheard = unheard;
  }

  /** What became of it. */
  get state(): "pending" | "fulfilled" | "rejected" {
    return this.#state;
  }

  /** Whether somebody awaits it. */
  get awaited(): boolean {
    return !!this.#promise;
  }

  /** For the one who sends: the message was taken. Only the first outcome counts. */
  resolve(): void {
    this.#end("fulfilled");
  }

  /** For the one who sends: the message failed. Only the first outcome counts. */
  reject(error: unknown): void {
    this.#end("rejected", error);
  }

  // The promise is made only for the one who asks: most messages are sent and left alone.
  // oxlint-disable-next-line unicorn/no-thenable -- being awaited is what this class is for
  then<Value = void, Failure = never>(
    taken?: ((value: void) => Value | PromiseLike<Value>) | null,
    failed?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Value | Failure> {
    this.#promise ??= new Promise<void>((resolve, reject) => {
      this.#tell = () => (this.#state === "fulfilled" ? resolve() : reject(this.#error));
      if (this.#state !== "pending") this.#tell();
    });
    return this.#promise.then(taken, failed);
  }

  #end(state: "fulfilled" | "rejected", error?: unknown): void {
    if (this.#state !== "pending") return;
    this.#state = state;
    this.#error = error;
    if (this.#tell) this.#tell();
    else if (state === "rejected") this.#unheard?.(error);
  }
}
