/**
 * Divides a bound among the accounts that fill it: an account may use as much as is still free, so each finds something
 * free, however many others fill what they may. What belongs to no account is the application's own.
 */
export class AccountShares {
  readonly #max: number;
  readonly #used = new Map<string, number>();

  /** `max` is what all accounts and the application may use together. */
  constructor(max: number) {
    this.#max = max;
  }

  /** An account uses so much more, or less. */
  add(account: string | undefined, amount: number): void {
    if (account === undefined) return;
    const used = (this.#used.get(account) ?? 0) + amount;
    if (used > 0) this.#used.set(account, used);
    else this.#used.delete(account);
  }

  /** Whether an account may use `amount` more, and leaves `reserve` times of it free, when `total` is in use. */
  allows(account: string, amount: number, total: number, reserve = 1): boolean {
    return ((this.#used.get(account) ?? 0) + amount) * reserve < this.#max - total;
  }
}
