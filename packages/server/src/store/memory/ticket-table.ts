import type { StoredTicket } from "../ticket-store.ts";

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
