/** Calls of listeners that are due. */
export class Notifications {
  readonly #due: (() => void)[] = [];
  #running = false;

  /** Adds a call. */
  add(call: () => void): void {
    this.#due.push(call);
  }

  /** Makes the calls. Those that one of them adds come after those that were due before. */
  run(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#due.shift(); next !== undefined; next = this.#due.shift()) next();
    } finally {
      this.#running = false;
    }
  }
}
