/** What one measurement of one server has found. */
export interface Sample {
  /** The figure that is compared, in the unit of the work. */
  readonly value: number;
  /** The median latency, in µs. */
  readonly p50?: number;
  /** The latency that 1 % of the messages exceed, in µs. */
  readonly p99?: number;
  /** The part of `value` that is in V8's heap and in buffers, in bytes. */
  readonly heap?: number;
  /** How busy the server was: the share of one core. */
  readonly serverLoad?: number;
  /** How busy the load generator was. */
  readonly generatorLoad?: number;
  /** What else was measured, by what it is. @default nothing */
  readonly more?: Readonly<Record<string, number>>;
  /** What was delivered wrong. */
  readonly wrong?: string;
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}
