import { CloseCode, type Closed, type CloseError } from "@symbolon/protocol";

/** How far a conversation has come. */
export type State =
  /** The conversation is not accepted yet: its setup runs. */
  | { readonly type: "setup" }
  /** Messages are handled. */
  | { readonly type: "running" }
  /** The server has closed the link; the wire may still be there. */
  | { readonly type: "closing"; readonly error: CloseError }
  /** The client has disconnected for good. */
  | { readonly type: "ended"; readonly error: CloseError };

/** The states before each. */
export interface Before {
  readonly setup: never;
  readonly running: "setup";
  readonly closing: "setup" | "running";
  readonly ended: "setup" | "running" | "closing";
}

/** How a connection ended whose client disconnected before it was accepted. */
export const broken: Closed = { code: CloseCode.Abnormal, reason: "", wasClean: false };

/** The state of each conversation whose messages are handled. */
export const running: State & { readonly type: "running" } = { type: "running" };

/** A promise that is made when it is first read: few conversations have code that waits for their end. */
export class LazyPromise<Value> {
  #promise: Promise<Value> | undefined;
  #resolve: ((value: Value) => void) | undefined;
  #result: { readonly value: Value } | undefined;

  /** The promise. */
  get promise(): Promise<Value> {
    return (this.#promise ??= new Promise((resolve) => {
      this.#resolve = resolve;
      if (this.#result !== undefined) resolve(this.#result.value);
    }));
  }

  /** Resolves it; the first value counts. */
  resolve(value: Value): void {
    this.#result ??= { value };
    this.#resolve?.(value);
  }
}

/** How the app learns that a conversation has ended. */
export class ConversationEnd {
  /** As `Peer.moved`. */
  moved = false;
  readonly #closed = new LazyPromise<Closed>();
  /** Made when the signal is first read. */
  #abort: AbortController | undefined;
  #reason: CloseError | undefined;
  #lost = false;

  /** Resolves with the end. */
  get closed(): Promise<Closed> {
    return this.#closed.promise;
  }

  /** Aborts with the reason of the end. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#reason !== undefined) this.#abort.abort(this.#reason);
    }
    return this.#abort.signal;
  }

  /** Whether this process no longer has the session. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Another process may have the session: no handler starts here any more. */
  lose(reason: CloseError): void {
    this.#lost = true;
    this.abort(reason);
  }

  /** Aborts the signal; the first reason counts. */
  abort(reason: CloseError): void {
    this.#reason ??= reason;
    this.#abort?.abort(reason);
  }

  /** The conversation has ended. */
  resolve(closed: Closed): void {
    this.#closed.resolve(closed);
  }
}
