import { Refusal } from "../request/refusal.ts";
import type { Clock } from "../timing/clock.ts";

/** How many addresses are remembered; beyond that the first is forgotten. */
const maxAddresses = 10_000;
/** In ms. */
const minute = 60_000;

/** Refuses a resume that fails after too many others. */
export function failedTooOften(): Refusal {
  return new Refusal({
    kind: "limits.failedResumes",
    status: 429,
    reason: "too many failed resumes from your address in a minute: see limits.failedResumes",
  });
}

interface Failures {
  readonly since: number;
  count: number;
}

/** Limits how often the clients of one address may fail to resume sessions that exist: they may be guessing. */
export class FailedResumes {
  readonly #clock: Clock;
  readonly #maxPerMinute: number;
  /** By address, in the order of their minutes. */
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock, maxPerMinute: number) {
    this.#clock = clock;
    this.#maxPerMinute = maxPerMinute;
  }

  /** The number of addresses that are remembered. */
  get size(): number {
    return this.#failures.size;
  }

  /**
   * Counts one resume that failed; one at a session that does not exist is not counted, since clients of a server that was
   * restarted fail so.
   * @returns whether the client may have a new session; false when too many have failed.
   */
  allow(address: string, known: boolean): boolean {
    this.#forgetOld();
    const failures = this.#failures.get(address) ?? { since: this.#clock.now, count: 0 };
    if (failures.count >= this.#maxPerMinute) return false;
    if (!known) return true;
    failures.count += 1;
    this.#failures.set(address, failures);
    const [first] = this.#failures.keys();
    if (this.#failures.size > maxAddresses && first !== undefined) this.#failures.delete(first);
    return true;
  }

  #forgetOld(): void {
    for (const [address, { since }] of this.#failures) {
      if (this.#clock.now - since < minute) return;
      this.#failures.delete(address);
    }
  }
}
