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

/** What a ticket needs in memory besides its texts, in bytes, estimated. */
const ticketOverhead = 200;

/** The tickets of a store, in memory. */
export class TicketTable {
  readonly #tickets = new Map<string, StoredTicket>();
  #bytes = 0;

  /** The size of the tickets in bytes, estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a ticket, and forgets those that have expired at `now`. */
  put(hash: string, ticket: StoredTicket, now: number): void {
    // In the order of `put`: a ticket with a shorter lifetime than the one before it stays until that one has expired.
    for (const [oldest, { expiresAt }] of this.#tickets) {
      if (expiresAt > now) break;
      this.take(oldest);
    }
    this.#tickets.set(hash, ticket);
    this.#bytes += sizeOf(hash, ticket);
  }

  /** Removes and returns a ticket. */
  take(hash: string): StoredTicket | undefined {
    const ticket = this.#tickets.get(hash);
    if (ticket === undefined) return undefined;
    this.#tickets.delete(hash);
    this.#bytes -= sizeOf(hash, ticket);
    return ticket;
  }
}

function sizeOf(hash: string, { principal, origin = "" }: StoredTicket): number {
  return ticketOverhead + hash.length + principal.length + origin.length;
}
