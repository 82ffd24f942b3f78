import type { Clock } from "./clock.ts";

/** A fresh credential is asked for so long before the old one ends, in ms, or a fifth of its life when that is shorter. */
const ahead = 60_000;
/** A credential that was asked for may be so late, in ms. */
const patience = 5_000;

/** What becomes of a client whose credential ends. */
export interface RenewalOptions {
  /** Asks it for a fresh one; in so many ms the old one ends. */
  readonly ask: (by: number) => void;
  /** No fresh one came in time. */
  readonly expired: () => void;
}

/** Asks a client for a fresh credential before the one that it has ends. */
export class Renewal {
  readonly #clock: Clock;
  readonly #options: RenewalOptions;
  #stop = (): void => {};
  #asked = false;

  constructor(clock: Clock, options: RenewalOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** The client has a credential that ends at `until`, in ms since the epoch; undefined: never. */
  begin(until: number | undefined): void {
    this.stop();
    if (until === undefined) return;
    const life = until - this.#clock.date;
    this.#stop = this.#clock.at(until - Math.min(ahead, life / 5), () => {
      this.#asked = true;
      this.#stop = this.#clock.at(until + patience, this.#options.expired);
      this.#options.ask(Math.max(1, Math.round(until - this.#clock.date)));
    });
  }

  /** A credential came; false when none was asked for. Time stands still until it was judged. */
  take(): boolean {
    const asked = this.#asked;
    if (asked) this.stop();
    return asked;
  }

  /** The client is away, or gone. */
  stop(): void {
    this.#asked = false;
    this.#stop();
  }
}
