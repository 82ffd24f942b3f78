/** What the rooms keep of an account, as a reply said. */
interface Usage {
  readonly bytes: number;
  /** When that was, in ms. */
  readonly at: number;
}

/** How long a usage counts, in ms: what has expired since is not known. */
const lifetime = 5_000;
/** How many accounts it remembers. */
const maxAccounts = 10_000;
/** The size of a room message without its data, in bytes, estimated. */
const bytesPerMessage = 256;

/** How much the rooms keep of each account, as far as this process knows: each answer about an account says it anew. */
export class AccountUsage {
  readonly #max: number;
  readonly #usages = new Map<string, Usage>();

  /** `max` is how much the rooms may keep of an account, in bytes, estimated. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Whether an account may cause so many bytes more. */
  allows(account: string, bytes: number): boolean {
    return this.#of(account) + bytes <= this.#max;
  }

  /** A message of an account is on its way. */
  add(account: string | undefined, size: number): void {
    if (account !== undefined) this.set(account, this.#of(account) + bytesPerMessage + size);
  }

  /** The rooms keep so many bytes of an account now. */
  set(account: string | undefined, bytes: number): void {
    if (account === undefined) return;
    this.#usages.delete(account); // the map is in the order of the answers
    this.#usages.set(account, { bytes, at: performance.now() });
    const [oldest] = this.#usages.keys();
    if (this.#usages.size > maxAccounts && oldest !== undefined) this.#usages.delete(oldest);
  }

  #of(account: string): number {
    const usage = this.#usages.get(account);
    return usage === undefined || performance.now() - usage.at > lifetime ? 0 : usage.bytes;
  }
}
