/** What happens to a session. */
export type SessionChange =
  /** Its client is away; what is said to it is kept. */
  | { readonly type: "detached" }
  /** Its client is back. */
  | { readonly type: "resumed" }
  /** It is over. `undelivered` counts the messages that the client has not finished, as far as is known. */
  | { readonly type: "ended"; readonly undelivered: number };

/** A session that can be watched. */
export interface ObservableSession {
  /** Names the session, in plain mode the connection. */
  readonly id: string;
  /** Tells `watcher` what happens, until the returned function is called. */
  subscribe(watcher: (change: SessionChange) => void): () => void;
}

/** Who watches a session. */
export class SessionSubscribers {
  readonly #watchers = new Set<(change: SessionChange) => void>();

  /** Calls `watcher` for each change, until the returned function is called. */
  add(watcher: (change: SessionChange) => void): () => void {
    const own = (change: SessionChange): void => watcher(change); // its own, though a watcher may come twice
    this.#watchers.add(own);
    return () => void this.#watchers.delete(own);
  }

  /** Tells everyone; the end is told once, and nothing after it. */
  emit(change: SessionChange): void {
    const told = [...this.#watchers];
    if (change.type === "ended") this.#watchers.clear();
    for (const watcher of told) watcher(change);
  }
}
