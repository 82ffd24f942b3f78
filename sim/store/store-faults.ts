import type { Trace } from "../trace/trace.ts";
import type { SeededRandom } from "../virtual/seeded-random.ts";

/** The error of a store call that fails on purpose. The product may report it to the application. */
class StoreFailure extends Error {
  override readonly name = "StoreFailure";
}

/** Whether an error is, or was caused by, a failure on purpose. */
export function isStoreFailure(error: unknown): boolean {
  return error instanceof StoreFailure || (error instanceof Error && isStoreFailure(error.cause));
}

/**
 * The result of a store call. `succeeds`: as usual. `fails before`: the store does not change, and the call rejects.
 * `fails after`: the store changes, and the call rejects all the same.
 */
export type CallResult = "succeeds" | "fails before" | "fails after";

/** Makes calls of the store fail while the fault `failing store` lasts. */
export class StoreFaults {
  /** The probability that a call fails; 0 when the fault does not last. */
  failureRate = 0;
  readonly #random: SeededRandom;
  readonly #trace: Trace;

  constructor(random: SeededRandom, trace: Trace) {
    this.#random = random;
    this.#trace = trace;
  }

  /** Draws the result of a call and traces a failure. */
  drawResult(call: string): CallResult {
    if (this.failureRate === 0 || !this.#random.chance(this.failureRate)) return "succeeds";
    const result = this.#random.pick(["fails before", "fails after"] as const);
    this.#trace.add({ type: "storeFailed", call: `${call} ${result}` });
    return result;
  }

  /** The error with which a failed call rejects. */
  error(call: string): Error {
    return new StoreFailure(`the store failed on purpose: ${call}`);
  }
}
