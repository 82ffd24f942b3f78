import { randomUUID } from "node:crypto";
import type { Claim, Store } from "@symbolon/server/store";
import { createNote } from "../payloads.ts";

/** How many of the newest messages the client of a session has not acknowledged. */
const unacknowledged = 16;
const text = JSON.stringify(createNote(1));

/** A session whose steps a program commits, without a client: in each the client sends a message, and receives one. */
export class StoreSession {
  readonly #store: Store;
  readonly #claim: Claim;
  #sequence = 0;

  private constructor(store: Store, claim: Claim) {
    this.#store = store;
    this.#claim = claim;
  }

  /** Begins a session of a principal, which a process named `node` has for so many ms. */
  static async create(
    store: Store,
    principal: string,
    lease: { node: string; ms: number },
  ): Promise<StoreSession> {
    const claim = await store.sessions.create({
      sessionId: randomUUID(),
      secretHash: "secret",
      principal,
      service: "bench",
      keyHash: "key",
      attempt: 1,
      lease,
    });
    return new StoreSession(store, claim);
  }

  /** The session. */
  get id(): string {
    return this.#claim.sessionId;
  }

  /** How many bytes `list` has to return. */
  get bytes(): number {
    return Math.min(this.#sequence, unacknowledged) * text.length;
  }

  /** Commits one step. @throws as a rejection: when the store does not record it. */
  async commit(): Promise<void> {
    const upTo = (this.#sequence += 1);
    const record = {
      outgoing: [{ sequence: upTo, data: text }],
      acknowledged: { upTo: Math.max(0, upTo - unacknowledged), pending: [] },
      received: { upTo, pending: [] },
    };
    if (!(await this.#store.sessions.commit(this.#claim, record)))
      throw new Error(`the store has not recorded step ${upTo} of a session`);
  }
}
