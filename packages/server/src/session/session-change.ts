/** What happened to a session. */
export type SessionChange =
  /** The client has disconnected; the session keeps the messages for it. */
  | { readonly type: "detached" }
  /** The client has connected again: the setup's context has what the hooks returned for the new connection. */
  | { readonly type: "resumed" }
  /** The client has sent another credential: the setup's context has what the hooks returned for it. */
  | { readonly type: "renewed" }
  /** The session has ended. `undelivered` counts the messages that the client is not known to have finished. */
  | { readonly type: "ended"; readonly undelivered: number };

/** A session whose changes one can subscribe to. */
export interface ObservableSession {
  /** Names the session; in plain mode, the connection. */
  readonly id: string;
  /**
   * Calls `listener` for each change.
   * @returns unsubscribes it.
   */
  subscribe(listener: (change: SessionChange) => void): () => void;
}

/** The subscribers of one session. */
export class SessionSubscribers {
  /** Made for the first one: few sessions have any. */
  #listeners: Set<(change: SessionChange) => void> | undefined;

  /**
   * Calls `listener` for each change.
   * @returns unsubscribes it.
   */
  add(listener: (change: SessionChange) => void): () => void {
    // A new function, so that a listener may subscribe twice.
    const subscriber = (change: SessionChange): void => listener(change);
    (this.#listeners ??= new Set()).add(subscriber);
    return () => void this.#listeners?.delete(subscriber);
  }

  /** Calls every listener. After `ended` there are none. */
  emit(change: SessionChange): void {
    const listeners = [...(this.#listeners ?? [])];
    if (change.type === "ended") this.#listeners = undefined;
    for (const listener of listeners) listener(change);
  }
}
