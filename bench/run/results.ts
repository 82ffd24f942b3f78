import type { Machine } from "./machine.ts";
import { median, type Sample } from "./sample.ts";

/** What a server needed for a work, in each round. */
export interface Figure {
  readonly work: string;
  readonly unit: string;
  readonly subject: string;
  /** The subject that the work is compared with. */
  readonly base: string;
  readonly samples: readonly Sample[];
}

/** Everything that a run has found. */
export interface Results {
  readonly machine: Machine;
  readonly rounds: number;
  readonly quick: boolean;
  readonly figures: readonly Figure[];
}

/** Finds the figure of a server. */
export function figureOf(
  { figures }: Pick<Results, "figures">,
  work: string,
  subject: string,
): Figure | undefined {
  return figures.find((figure) => figure.work === work && figure.subject === subject);
}

/** The median of a figure. */
export function valueOf({ samples }: Figure): number {
  return median(samples.map(({ value }) => value));
}

/** How one figure compares with another one: the median of the ratios of the rounds. */
export function ratioOf(figure: Figure, base: Figure): number {
  return median(figure.samples.map(({ value }, round) => value / (base.samples[round]?.value ?? NaN)));
}
