/** One thing to do later; setting it anew forgets what it was set to. */
export interface Alarm {
  /** Rings once, in `ms` ms. */
  set(ms: number, ring: () => void): void;
  /** Does not ring after all. */
  clear(): void;
}
