import { socketState } from "./socket-state.ts";

/**
 * A promise of a socket that may be left alone: when no code waits for it, its error goes to the socket's
 * `onUnobservedRejection`, and never ends the process. A promise made by `then` is observed in the same way.
 */
export class ObservedPromise<Value> extends Promise<Value> {
  #observed = false;
  #socket: object | undefined;

  /** The same promise, observed for a socket. */
  static for<Value>(socket: object, promise: Promise<Value>): Promise<Value> {
    return new ObservedPromise<Value>((resolve, reject) => void promise.then(resolve, reject)).#assign(
      socket,
    );
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  override then<Result = Value, Failure = never>(
    onFulfilled?: ((value: Value) => Result | PromiseLike<Result>) | null,
    onRejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Result | Failure> {
    this.#observed = true;
    const next = super.then(onFulfilled, onRejected) as ObservedPromise<Result | Failure>; // `then` makes the same class
    return this.#socket === undefined ? next : next.#assign(this.#socket);
  }

  #assign(socket: object): this {
    this.#socket = socket;
    super.then(undefined, (error: unknown) => {
      if (!this.#observed) socketState(socket).onUnobservedRejection?.(error);
    });
    return this;
  }
}
