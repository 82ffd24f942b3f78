/** What an oracle reports. */
export interface Finding {
  /** The oracle: `crash`, `turn`, `hang`, `memory`, `bystander`, `gauges`, `credit`, `innocent` or `dials`. */
  readonly oracle: string;
  /** What was seen. */
  readonly description: string;
  /** The number of the case that ran; the first case of the batch for what is checked at its end. */
  readonly case: number;
}

/** Collects what the oracles report, and counts what was exercised. */
export class Findings {
  /** What was reported, in order. */
  readonly list: Finding[] = [];
  /** How often each thing happened, by name. */
  readonly counts: Record<string, number> = {};
  /** The number of the case that runs. */
  case = 0;

  /** An oracle has found something. */
  report(oracle: string, description: string): void {
    if (this.list.length < 20) this.list.push({ oracle, description, case: this.case });
  }

  /** Counts something that happened. */
  count(name: string, by = 1): void {
    this.counts[name] = (this.counts[name] ?? 0) + by;
  }
}
