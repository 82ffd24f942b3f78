/** A promise, and the functions that settle it. Only the first call of either counts. */
export interface Deferred<Value = void> {
  /** Pending until `resolve` or `reject` is called. */
  readonly promise: Promise<Value>;
  /** Resolves the promise. */
  readonly resolve: (value: Value) => void;
  /** Rejects the promise. */
  readonly reject: (error: unknown) => void;
}

/** Does what `Promise.withResolvers` does, which Node 20 does not have. */
export function createDeferred<Value = void>(): Deferred<Value> {
  let resolve: Deferred<Value>["resolve"] = () => {};
  let reject: Deferred<Value>["reject"] = () => {};
  const promise = new Promise<Value>((...settle) => ([resolve, reject] = settle));
  return { promise, resolve, reject };
}
