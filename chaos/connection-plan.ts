import type { SeededRandom } from "../sim/virtual/seeded-random.ts";

/** How the bytes of a connection pass: as they come; in tiny pieces; many at once; late, and unevenly so. */
type Shape = "plain" | "pieces" | "lumps" | "delay";

/**
 * What is done to a connection. `refuse`: it is reset at once. `reset` and `end`: it is cut, by RST or by FIN. `torn`:
 * the same in the middle of what is being said. `half`: one half is cut off, and the other is not told. `stall`: nothing
 * passes for a while. `hole up` and `hole down`: nothing passes one way any more, and nobody is told.
 */
export type Fault = "refuse" | "reset" | "end" | "torn" | "half" | "stall" | "hole up" | "hole down";

/** What becomes of one connection. */
export interface Plan {
  readonly shape: Shape;
  readonly fault?: { readonly kind: Fault; readonly after: number; readonly lasts: number };
}

/** Nothing happens to it. */
export const calm: Plan = { shape: "plain" };

const cuts: readonly Fault[] = ["reset", "end", "torn", "half", "stall", "stall", "hole up", "hole down"];

/** Draws what becomes of a connection. */
export function drawPlan(chance: SeededRandom): Plan {
  const shape = chance.pick<Shape>(["plain", "plain", "pieces", "lumps", "delay"]);
  const kind = chance.chance(0.1) ? "refuse" : chance.pick(cuts);
  // A client that stays for more than 10 s has recovered; many are hit again before that.
  const after = chance.chance(0.5) ? chance.between(10_000, 14_000) : chance.between(0, 3_000);
  const lasts = chance.between(50, 3_000);
  return { shape, fault: { kind, after: kind === "refuse" ? 0 : after, lasts } };
}
