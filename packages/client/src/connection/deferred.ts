/** A promise, and the function that resolves it. */
export interface Deferred {
  /** Pending until `resolve` is called; it never rejects. */
  readonly promise: Promise<void>;
  /** Resolves the promise; a second call does nothing. */
  readonly resolve: () => void;
}

/** Does what `Promise.withResolvers` does, which Node 20 does not have. */
export function createDeferred(): Deferred {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
