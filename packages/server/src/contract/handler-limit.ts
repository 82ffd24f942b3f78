import { ConcurrencyLimit, isThenable, maxServed, type SharedLimit } from "@symbolon/protocol/internal";

/** How many handlers an account may run however many the others run. */
const share = 16;

interface Account {
  readonly name: string;
  running: number;
  /** Its connections with a handler that has not started. */
  readonly waiting: Set<ConnectionHandlers>;
}

/**
 * Limits the handlers that a server runs at once, over all connections. Beyond that an account has its next handlers wait
 * while it runs 16 or more: one that fills the limit delays itself.
 */
export class HandlerLimit {
  readonly #max: number;
  readonly #accounts = new Map<string, Account>();
  /** The connections of all accounts with a handler that has not started, in their order. */
  readonly #waiting = new Map<ConnectionHandlers, Account>();
  #running = 0;

  /** At most `max` handlers run at once, and 16 of each account when these are more. */
  constructor(max: number) {
    this.#max = max;
  }

  /** How many handlers run, how many connections wait, and how many accounts are remembered. */
  get count(): { readonly running: number; readonly waiting: number; readonly accounts: number } {
    return { running: this.#running, waiting: this.#waiting.size, accounts: this.#accounts.size };
  }

  /** Counts one more handler of an account. @returns false when it has to wait: `connection` tries again later. */
  enter(name: string, connection: ConnectionHandlers): boolean {
    const account = this.#accounts.get(name) ?? { name, running: 0, waiting: new Set() };
    this.#accounts.set(name, account);
    if (this.#mayStart(account)) {
      account.running += 1;
      this.#running += 1;
      return true;
    }
    account.waiting.add(connection);
    this.#waiting.set(connection, account);
    return false;
  }

  /** A handler of an account is over: the next ones start. */
  leave(name: string): void {
    const account = this.#accounts.get(name);
    if (account === undefined) return;
    account.running -= 1;
    this.#running -= 1;
    for (;;) {
      const [first] = this.#running < this.#max ? this.#waiting.keys() : account.waiting;
      const next = first && this.#waiting.get(first);
      if (first === undefined || next === undefined || !this.#mayStart(next)) break;
      this.#waiting.delete(first);
      next.waiting.delete(first);
      first.retry();
      this.#forget(next);
    }
    this.#forget(account);
  }

  #mayStart({ running }: Account): boolean {
    return this.#running < this.#max || running < share;
  }

  #forget({ name, running, waiting }: Account): void {
    if (running === 0 && waiting.size === 0) this.#accounts.delete(name);
  }
}

/** Starts the handlers of one connection, as the server's limit allows. */
export class ConnectionHandlers implements SharedLimit {
  /** Starts the handlers of its calls, 16 at once. */
  readonly calls: ConcurrencyLimit = new ConcurrencyLimit(maxServed, this);
  readonly #server: HandlerLimit;
  readonly #account: string;
  /** Starts the handler of an event that waits; events are handled one after another. */
  #startEvent: (() => void) | undefined;

  constructor(server: HandlerLimit, account: string) {
    this.#server = server;
    this.#account = account;
  }

  enter(): boolean {
    return this.#server.enter(this.#account, this);
  }

  leave(): void {
    this.#server.leave(this.#account);
  }

  /** Starts what waits, as far as it may. */
  retry(): void {
    if (this.#startEvent !== undefined && this.enter()) {
      this.#startEvent();
      this.#startEvent = undefined;
    }
    while (this.calls.next());
  }

  /** Runs the handler of an event, now or when fewer run. */
  event(handle: () => unknown): unknown {
    const leave = (): void => this.leave();
    if (!this.enter())
      return new Promise<void>((resolve) => (this.#startEvent = resolve)).then(handle).finally(leave);
    let result: unknown;
    try {
      result = handle();
    } catch (error) {
      leave();
      throw error;
    }
    if (isThenable(result)) return Promise.resolve(result).finally(leave);
    leave();
    return result;
  }
}
