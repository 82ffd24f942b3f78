/** What clients share: each item belongs to one account. */
export interface SharedItem {
  /** The principal of its client, or the client's address. */
  readonly account: string;
  /** Bytes that it keeps now. */
  readonly size: number;
}

/** How much all accounts together may keep. */
export interface SharedBoundsOptions<Item> {
  /** The most items. */
  readonly items: number;
  /** The most bytes of all items. */
  readonly bytes: number;
  /** Ends an item beyond the bounds, which is removed already. */
  readonly evict: (item: Item) => void;
}

/** The items of one account. */
interface Account<Item> {
  /** The items, in the order of adding. */
  readonly items: Set<Item>;
  bytes: number;
}

/**
 * Keeps items within bounds that accounts share. Beyond them the account that has the most loses its oldest item: an
 * account that fills the bounds never ends the items of another that has fewer.
 */
export class SharedBounds<Item extends SharedItem> {
  readonly #options: SharedBoundsOptions<Item>;
  /** All items with their bytes when they were measured, in the order of adding. */
  readonly #items = new Map<Item, number>();
  readonly #accounts = new Map<string, Account<Item>>();
  #bytes = 0;

  constructor(options: SharedBoundsOptions<Item>) {
    this.#options = options;
  }

  /** Bytes that all items keep now. */
  get bytes(): number {
    for (const item of this.#items.keys()) this.#update(item);
    return this.#bytes;
  }

  /** Adds an item; its account may have at most `maxOfAccount` items. */
  add(item: Item, maxOfAccount: number): void {
    const account = this.#accounts.get(item.account) ?? { items: new Set<Item>(), bytes: 0 };
    this.#accounts.set(item.account, account);
    account.items.add(item);
    this.#items.set(item, 0);
    while (account.items.size > maxOfAccount) this.#evictOldest(account);
    this.measure(item);
    while (this.#items.size > this.#options.items)
      this.#evictOldest(this.#largest(({ items }) => items.size));
  }

  /** Measures an item again, since it may have grown. An item that was not added, or was removed, is ignored. */
  measure(item: Item): void {
    this.#update(item);
    while (this.#bytes > this.#options.bytes) {
      const account = this.#largest(({ bytes }) => bytes);
      const [oldest] = account?.items ?? [];
      // It may keep less by now: then another account may have the most.
      if (oldest === undefined || !this.#update(oldest)) this.#evictOldest(account);
    }
  }

  /** Removes an item. */
  remove(item: Item): void {
    const size = this.#items.get(item);
    const account = this.#accounts.get(item.account);
    if (size === undefined || account === undefined) return;
    this.#items.delete(item);
    this.#bytes -= size;
    account.bytes -= size;
    account.items.delete(item);
    if (account.items.size === 0) this.#accounts.delete(item.account);
  }

  /** Measures an item. @returns whether its size has changed. */
  #update(item: Item): boolean {
    const before = this.#items.get(item);
    const account = this.#accounts.get(item.account);
    if (before === undefined || account === undefined) return false;
    const { size } = item;
    if (size === before) return false;
    this.#items.set(item, size);
    account.bytes += size - before;
    this.#bytes += size - before;
    return true;
  }

  /** The account that has the most; of several, the one with the oldest item. */
  #largest(amountOf: (account: Account<Item>) => number): Account<Item> | undefined {
    let most = 0;
    for (const account of this.#accounts.values()) most = Math.max(most, amountOf(account));
    for (const item of this.#items.keys()) {
      const account = this.#accounts.get(item.account);
      if (account !== undefined && amountOf(account) >= most) return account;
    }
    return undefined;
  }

  #evictOldest(account: Account<Item> | undefined): void {
    const [oldest] = account?.items ?? [];
    if (oldest === undefined) throw new RangeError("a bound must not be negative");
    this.remove(oldest);
    this.#options.evict(oldest);
  }
}
