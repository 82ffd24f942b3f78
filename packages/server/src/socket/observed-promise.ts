import { socketState } from "./socket-state.ts";

/**
 * A promise of a socket that may be left alone: when no code waits for it, its error closes the socket, and never ends
 * the process. A promise made by `then` is observed in the same way.
 */
export class ObservedPromise<Value> extends Promise<Value> {
  #observed = false;
  #socket: object | undefined;

  /** What `then` of this class calls makes plain promises. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** The same promise, observed for a socket. */
  static for<Value>(socket: object, promise: Promise<Value>): Promise<Value> {
    const observed: ObservedPromise<Value> = new ObservedPromise<Value>((resolve, reject) => {
      promise.then(resolve, (error: unknown) => {
        reject(error);
        observed.#report(error);
      });
    });
    observed.#socket = socket;
    return observed;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  override then<Result = Value, Failure = never>(
    onFulfilled?: ((value: Value) => Result | PromiseLike<Result>) | null,
    onRejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Result | Failure> {
    this.#observed = true;
    const next = super.then(onFulfilled, onRejected);
    return this.#socket === undefined ? next : ObservedPromise.for(this.#socket, next);
  }

  /** The promise was rejected: reports the error unless code waits for it, now or in the same tick. */
  #report(error: unknown): void {
    super.then(undefined, () => {
      if (!this.#observed && this.#socket !== undefined)
        socketState(this.#socket).serving?.closeUnobserved(error);
    });
  }
}
