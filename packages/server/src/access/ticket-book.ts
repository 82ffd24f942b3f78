import { createHash, randomBytes } from "node:crypto";
import type { StoredTicket, TicketStore } from "../store/ticket-store.ts";
import type { Clock } from "../timing/clock.ts";
import { type SharedItem, SharedBounds } from "./shared-bounds.ts";

/** The bytes of a ticket. */
const ticketBytes = 16;

/** How tickets are kept, and how many. */
export interface TicketBookOptions {
  /** Keeps the tickets that this process and others have issued. */
  readonly store: TicketStore;
  /** The time of expiry. */
  readonly clock: Clock;
  /** How long a ticket may be used, in ms. */
  readonly lifetime: number;
  /** Unused tickets of one principal that this process has issued. */
  readonly perPrincipal: number;
  /** Unused tickets of all principals that this process has issued. */
  readonly total: number;
  /** Called with the error when the store could not remove a ticket that cannot be used any more. */
  readonly onStoreError: (error: unknown) => void;
}

/** A ticket that this process has issued, and that was not used here. */
interface IssuedTicket extends SharedItem {
  readonly hash: string;
  /** By the clock's `now`, which never goes back. */
  readonly due: number;
}

/** Issues tickets, and lets each be used once. */
export class TicketBook {
  readonly #options: TicketBookOptions;
  /** In the order of issue, which is the order of expiry. */
  readonly #issued = new Map<string, IssuedTicket>();
  readonly #bounds: SharedBounds<IssuedTicket>;
  #stopClock: (() => void) | undefined;

  constructor(options: TicketBookOptions) {
    this.#options = options;
    this.#bounds = new SharedBounds({
      items: options.total,
      bytes: Infinity,
      evict: ({ hash }) => this.#invalidate(hash),
    });
  }

  /** How many tickets of this process may still be used. */
  get size(): number {
    return this.#issued.size;
  }

  /** Issues a ticket: 128 random bits. Rejects when the store fails. */
  async issue(holder: Omit<StoredTicket, "expiresAt">): Promise<string> {
    const { store, clock, lifetime, perPrincipal } = this.#options;
    const ticket = randomBytes(ticketBytes).toString("base64url");
    const hash = hashTicket(ticket);
    await store.put(hash, { ...holder, expiresAt: clock.date + lifetime }, clock.date);
    const issued = { hash, account: holder.principal, size: 1, due: clock.now + lifetime };
    this.#issued.set(hash, issued);
    this.#stopClock ??= clock.subscribe({ step: (now) => this.#expire(now) });
    this.#bounds.add(issued, perPrincipal);
    return ticket;
  }

  /** What a ticket stands for; undefined when it was used before, has expired, or never existed. Rejects when the store fails. */
  async use(ticket: string): Promise<StoredTicket | undefined> {
    const { store, clock } = this.#options;
    const hash = hashTicket(ticket);
    const found = await store.take(hash);
    this.#forget(hash);
    return found !== undefined && found.expiresAt > clock.date ? found : undefined;
  }

  #expire(now: number): void {
    for (const { hash, due } of this.#issued.values()) {
      if (due > now) return;
      this.#invalidate(hash);
    }
  }

  /** Forgets a ticket that cannot be used any more, here and in the store. */
  #invalidate(hash: string): void {
    this.#forget(hash);
    void (async () => this.#options.store.take(hash))().catch(this.#options.onStoreError);
  }

  #forget(hash: string): void {
    const issued = this.#issued.get(hash);
    if (issued === undefined) return;
    this.#issued.delete(hash);
    this.#bounds.remove(issued);
    if (this.#issued.size > 0) return;
    this.#stopClock?.();
    this.#stopClock = undefined;
  }
}

/** SHA-256: a store that is read by others gives no ticket away. */
function hashTicket(ticket: string): string {
  return createHash("sha256").update(ticket).digest("base64url");
}
