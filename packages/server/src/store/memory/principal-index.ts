/** Which sessions each principal has. */
export class PrincipalIndex {
  readonly #sessions = new Map<string, Set<string>>();

  /** The ids of the sessions of a principal. */
  of(principal: string): Iterable<string> {
    return this.#sessions.get(principal) ?? [];
  }

  /** A session begins. */
  add(principal: string | undefined, sessionId: string): void {
    if (principal === undefined) return;
    const own = this.#sessions.get(principal) ?? new Set();
    this.#sessions.set(principal, own.add(sessionId));
  }

  /** A session has ended. */
  remove(principal: string | undefined, sessionId: string): void {
    if (principal === undefined) return;
    const own = this.#sessions.get(principal);
    own?.delete(sessionId);
    if (own?.size === 0) this.#sessions.delete(principal);
  }
}
