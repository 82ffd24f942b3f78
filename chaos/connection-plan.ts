import type { SeededRandom } from "../sim/virtual/seeded-random.ts";

/** How the bytes of a connection pass: unchanged, in tiny pieces, many at once, or with an uneven delay. */
type Shape = "plain" | "pieces" | "lumps" | "delay";

/**
 * A fault of a connection. `refuse`: the proxy resets it at once. `reset` and `end`: the proxy cuts it, by RST or by
 * FIN. `torn`: the proxy cuts it in the middle of a chunk. `half`: the proxy cuts the client's socket, and the server
 * is not informed. `stall`: no bytes pass for a while. `hole up` and `hole down`: no more bytes pass in one direction,
 * and neither peer is informed.
 */
export type Fault = "refuse" | "reset" | "end" | "torn" | "half" | "stall" | "hole up" | "hole down";

/** How one connection passes its bytes, and when it breaks. Times are in ms. */
export interface Plan {
  readonly shape: Shape;
  readonly fault?: { readonly type: Fault; readonly after: number; readonly lasts: number };
}

/** The plan of a connection without faults. */
export const calm: Plan = { shape: "plain" };

const cuts: readonly Fault[] = ["reset", "end", "torn", "half", "stall", "stall", "hole up", "hole down"];

/** Draws the plan of a connection. */
export function drawPlan(random: SeededRandom): Plan {
  const shape = random.pick<Shape>(["plain", "plain", "pieces", "lumps", "delay"]);
  const type = random.chance(0.1) ? "refuse" : random.pick(cuts);
  // A connection of more than 10 s resets the client's backoff; half of the connections break earlier.
  const after = random.chance(0.5) ? random.between(10_000, 14_000) : random.between(0, 3_000);
  const lasts = random.between(50, 3_000);
  return { shape, fault: { type, after: type === "refuse" ? 0 : after, lasts } };
}
