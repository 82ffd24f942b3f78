import type { Findings } from "./findings.ts";
import type { TurnMeter } from "./turn-meter.ts";

/** How much more than before may be kept when all clients are gone, in bytes. */
const margin = 12 * 2 ** 20;

/** Measures what is kept after a collection of garbage. */
export class MemoryMeter {
  readonly #findings: Findings;
  readonly #meter: TurnMeter;
  #base = 0;

  constructor(findings: Findings, meter: TurnMeter) {
    this.#findings = findings;
    this.#meter = meter;
  }

  /** What is kept now is the base of the next checks. */
  start(): void {
    this.#base = this.#measure();
  }

  /** Checks that no more than `limit` bytes above the base are kept. */
  check(occasion: string, limit: number = margin): void {
    const kept = this.#measure() - this.#base;
    if (kept > limit)
      this.#findings.report("memory", `${occasion}: ${toMiB(kept)} MiB are kept, more than ${toMiB(limit)}`);
  }

  #measure(): number {
    if (globalThis.gc === undefined) throw new Error("run with --expose-gc");
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    this.#meter.skip();
    return heapUsed + external;
  }
}

function toMiB(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
