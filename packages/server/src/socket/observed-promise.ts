type RejectionListener = (error: unknown) => void;

const hearers = new WeakMap<object, RejectionListener>();

/** Tells `hearer` of what fails at a socket while nobody waits for it. */
export function onUnobservedRejection(socket: object, hearer: RejectionListener): void {
  hearers.set(socket, hearer);
}

/**
 * A promise of a socket's that may be left alone: a failure for which nobody waits is told to the socket's hearer, and
 * never ends the process. What `then` makes of it is such a promise too.
 */
export class ObservedPromise<Value> extends Promise<Value> {
  #waitedFor = false;
  #socket: object | undefined;

  /** The same promise, of a socket's. */
  static of<Value>(socket: object, promise: Promise<Value>): Promise<Value> {
    return new ObservedPromise<Value>((resolve, reject) => void promise.then(resolve, reject)).#belongTo(
      socket,
    );
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  override then<Taken = Value, Failure = never>(
    taken?: ((value: Value) => Taken | PromiseLike<Taken>) | null,
    failed?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Taken | Failure> {
    this.#waitedFor = true;
    const next = super.then(taken, failed) as ObservedPromise<Taken | Failure>; // a promise makes its own kind
    return this.#socket === undefined ? next : next.#belongTo(this.#socket);
  }

  #belongTo(socket: object): this {
    this.#socket = socket;
    super.then(undefined, (error: unknown) => {
      if (!this.#waitedFor) hearers.get(socket)?.(error);
    });
    return this;
  }
}
