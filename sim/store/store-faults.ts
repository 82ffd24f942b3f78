import type { Agenda } from "../virtual/scheduler.ts";
import type { Chance } from "../virtual/seeded-random.ts";
import type { StoreSettings } from "../modes/settings.ts";

/** A failure of the store that a world has asked for: the product may tell its application of it. */
export class Trouble extends Error {
  override readonly name = "Trouble";
}

/** Whether an error comes of one. */
export function isTrouble(error: unknown): boolean {
  return error instanceof Trouble || (error instanceof Error && isTrouble(error.cause));
}

/** What becomes of a call of the store: `rejects` changes nothing, `forgets` changes what it should and rejects. */
export type Fate = "well" | "rejects" | "forgets";

/** What goes wrong with the calls of a store, as those who carry them out need it. */
export interface Troubled {
  readonly agenda: Agenda;
  readonly chance: Chance;
  readonly settings: StoreSettings;
  /** What becomes of a call. */
  fate(what: string): Fate;
  /** What a call rejects with. */
  trouble(what: string): Error;
}
