import type { SeededRandom } from "../sim/virtual/seeded-random.ts";
import type { Findings } from "./oracle/findings.ts";
import type { MemoryMeter } from "./oracle/memory-meter.ts";

/** What the cases of a batch share: the product, and clients that do nothing wrong. */
export interface World {
  /** Checks after a case that the others are not disturbed. */
  afterCase(isHeavy: boolean): Promise<void>;
  /** All clients leave, and time passes: checks that nothing is left. */
  settle(): Promise<void>;
  /** Ends what a process has. */
  close(): Promise<void>;
}

/** What a world needs. */
export interface WorldOptions {
  readonly findings: Findings;
  readonly memory: MemoryMeter;
  /** Decides the options of the world. */
  readonly random: SeededRandom;
}

/** One way in which a client or a server may behave. */
export interface Scenario<W extends World = World> {
  readonly name: string;
  /** How often it is drawn among the scenarios of its world. */
  readonly weight: number;
  /** Whether it causes so much work that the memory is checked while it is connected. */
  readonly isHeavy?: boolean;
  /** Runs one case, with at most so many steps. */
  readonly run: (world: W, random: SeededRandom, maxSteps: number) => Promise<void>;
}

/** A thing that may be drawn. */
export interface Weighted {
  readonly weight: number;
}

/** Draws one of the things by their weights. */
export function pickWeighted<Thing extends Weighted>(random: SeededRandom, things: readonly Thing[]): Thing {
  let rest = random.next() * things.reduce((sum, { weight }) => sum + weight, 0);
  for (const thing of things) {
    rest -= thing.weight;
    if (rest < 0) return thing;
  }
  return things.at(-1) as Thing;
}
