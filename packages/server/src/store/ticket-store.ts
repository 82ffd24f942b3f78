import type { Awaitable } from "./awaitable.ts";

/**
 * Keeps tickets, each of which lets one client in once. A store MUST NOT return a ticket twice, not even after a restart. It
 * MAY forget a ticket at any time, a restart included: the client then asks for another.
 */
export interface TicketStore {
  /**
   * Keeps a ticket. `hash` is a hash of what the client presents: the store never receives that itself, and no two tickets
   * have the same. The store forgets the tickets that have expired at `now`, in ms since 1970.
   *
   * @throws Error when the store is full.
   */
  put(hash: string, ticket: StoredTicket, now: number): Awaitable<void>;
  /**
   * Removes a ticket. The caller checks whether it has expired.
   *
   * @returns the ticket; undefined when the store does not have it, or no longer.
   */
  take(hash: string): Awaitable<StoredTicket | undefined>;
}

/** What a ticket stands for. */
export interface StoredTicket {
  /** Whom the ticket lets in. */
  readonly principal: string;
  /** The `Origin` of the page that asked for the ticket; undefined when a program did that sends none. */
  readonly origin: string | undefined;
  /** When the ticket can no longer be used, in ms since 1970. */
  readonly expiresAt: number;
  /** When the credential expires by which the client got the ticket, in ms since 1970; undefined for never. */
  readonly credentialExpiresAt: number | undefined;
}
