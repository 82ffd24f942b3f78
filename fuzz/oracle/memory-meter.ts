import type { Findings } from "./findings.ts";
import type { TurnMeter } from "./turn-meter.ts";

/** How much more than before may be kept when all clients are gone, in bytes. */
const margin = 12 * 2 ** 20;

/** Measures what is kept after a collection of garbage. */
export class MemoryMeter {
  readonly #findings: Findings;
  readonly #meter: TurnMeter;
  #base = 0;
  #caseBase = 0;

  constructor(findings: Findings, meter: TurnMeter) {
    this.#findings = findings;
    this.#meter = meter;
  }

  /** A batch begins. */
  startBatch(): void {
    this.#base = this.#measure();
  }

  /** A case begins: what the detached sessions of earlier cases keep is not its work. */
  startCase(): void {
    this.#caseBase = this.#measure();
  }

  /** Checks that no more than `limit` bytes were added since the case began. */
  checkCase(occasion: string, limit: number): void {
    this.#compare(occasion, this.#caseBase, limit);
  }

  /** Checks that what the batch has added is gone. */
  checkBatch(occasion: string): void {
    this.#compare(occasion, this.#base, margin);
  }

  #compare(occasion: string, base: number, limit: number): void {
    const kept = this.#measure() - base;
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
