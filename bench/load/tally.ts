/** Latencies are counted in buckets; the bound of each, in µs, is 2 % above the one before. */
const step = Math.log(1.02);
const buckets = 1_000;

/** Counts the messages of a window of time, and how long each was on its way. */
export class Tally {
  /** Messages that have arrived. */
  messages = 0;
  /** What was delivered wrong: a text for the first one. */
  wrong: string | undefined;
  /** Messages that have arrived since the beginning, and the number of them at which `onTotal` is called. */
  total = 0;
  notifyAt = Infinity;
  onTotal: () => void = () => {};
  readonly #latencies = new Uint32Array(buckets);

  /** Counts a message that was on its way for so many ms. */
  add(ms: number): void {
    this.messages += 1;
    const bucket = Math.min(buckets - 1, Math.max(0, Math.round(Math.log(ms * 1_000) / step)));
    this.#latencies[bucket] = (this.#latencies[bucket] ?? 0) + 1;
    this.total += 1;
    if (this.total === this.notifyAt) this.onTotal();
  }

  /** Forgets what was counted, but not what was wrong. */
  restart(): void {
    this.messages = 0;
    this.#latencies.fill(0);
  }

  /** The latency that a share of the messages did not exceed, in µs. */
  percentile(share: number): number {
    let below = this.messages * share;
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      below -= this.#latencies[bucket] ?? 0;
      if (below <= 0) return Math.exp(bucket * step);
    }
    return Math.exp(buckets * step);
  }
}
