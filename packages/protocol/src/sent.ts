/** What became of a message, told to a promise. */
type Outcome = (resolve: () => void, reject: (error: unknown) => void) => void;

const success: Outcome = (resolve) => resolve();

/**
 * A message on its way. It can be awaited and can be left alone: awaited, it settles when the message was taken or
 * has failed; left alone, a failure raises no unhandled rejection.
 */
export class Sent implements PromiseLike<void> {
  #outcome: Outcome | undefined;
  #promise: Promise<void> | undefined;
  #tell: ((outcome: Outcome) => void) | undefined;
  readonly #unheard: ((error: unknown) => void) | undefined;

  /** `unheard` is told why it failed, when nobody awaits it then. */
  constructor(unheard?: (error: unknown) => void) {
    this.#unheard = unheard;
  }

  /** What became of it. */
  get is(): "waiting" | "taken" | "failed" {
    if (!this.#outcome) return "waiting";
    return this.#outcome === success ? "taken" : "failed";
  }

  /** Whether somebody awaits it. */
  get awaited(): boolean {
    return this.#promise !== undefined;
  }

  /** For the one who sends: the message was taken. Only the first outcome counts. */
  settle(): void {
    this.#end(success);
  }

  /** For the one who sends: the message failed. Only the first outcome counts. */
  fail(error: unknown): void {
    const unheard = this.is === "waiting" && !this.awaited;
    this.#end((_, reject) => reject(error));
    if (unheard) this.#unheard?.(error); // whoever is told may do what fails it again
  }

  // The promise is made only for the one who asks: most messages are sent and left alone.
  // oxlint-disable-next-line unicorn/no-thenable -- being awaited is what this class is for
  then<Value = void, Failure = never>(
    taken?: ((value: void) => Value | PromiseLike<Value>) | null,
    failed?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Value | Failure> {
    this.#promise ??= new Promise<void>(
      this.#outcome ?? ((resolve, reject) => (this.#tell = (outcome) => outcome(resolve, reject))),
    );
    return this.#promise.then(taken, failed);
  }

  #end(outcome: Outcome): void {
    this.#outcome ??= outcome;
    this.#tell?.(outcome);
  }
}
