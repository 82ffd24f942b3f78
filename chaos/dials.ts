import { SeededRandom } from "../sim/virtual/seeded-random.ts";

/** How often clients dialled. */
export interface Dials {
  readonly total: number;
  /** The most dials of one client. */
  readonly most: number;
  /** The most dials in one second. */
  readonly peak: number;
}

/** Counts the dials of clients from `start` to `stop`. */
export class DialCounts {
  #start = Infinity;
  #dials: { readonly client: number; readonly at: number }[] = [];

  /** Starts to count. */
  start(): void {
    this.#start = performance.now();
  }

  /** Records that a client dials. */
  add(client: number): void {
    const at = performance.now() - this.#start;
    if (at >= 0) this.#dials.push({ client, at });
  }

  /** Stops to count, and returns the counts. */
  stop(): Dials {
    const dials = this.#dials;
    this.#start = Infinity;
    this.#dials = [];
    return countsOf(dials);
  }
}

/** The default waits of a client: before retry n (0 is the first) a random time up to `min` · 2ⁿ, at most `max`, in ms. */
const waits = { min: 250, max: 5_000 };
/** How many fleets are drawn. */
const fleets = 100;
/** A busy machine runs timers late, and so more of them in one second: its peak may be so much higher. */
const lateness = 1.5;

/**
 * The most dials that clients make with the default waits: the maximum of 100 fleets that are drawn at random, of which a client may
 * exceed its own by two. A client that waits less, or not at all, exceeds it.
 */
export function expectDials({
  clients,
  outage,
  seed,
}: {
  readonly clients: number;
  /** In ms. */
  readonly outage: number;
  readonly seed: number;
}): Dials {
  const random = new SeededRandom(seed, "expected dials");
  const counts = Array.from({ length: fleets }, () => {
    const dials: { client: number; at: number }[] = [];
    for (let client = 0; client < clients; client += 1)
      for (let at = 0, retry = 0; ; retry += 1) {
        at += random.between(0, Math.min(waits.max, waits.min * 2 ** retry));
        if (at > outage) break;
        dials.push({ client, at });
      }
    return countsOf(dials);
  });
  const highest = (count: (dials: Dials) => number): number => Math.max(...counts.map(count));
  return {
    total: highest(({ total }) => total),
    most: highest(({ most }) => most) + 2,
    peak: Math.round(highest(({ peak }) => peak) * lateness),
  };
}

function countsOf(dials: readonly { readonly client: number; readonly at: number }[]): Dials {
  const [ofClients, inSeconds] = [new Map<number, number>(), new Map<number, number>()];
  const add = (counts: Map<number, number>, key: number): void =>
    void counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { client, at } of dials) {
    add(ofClients, client);
    add(inSeconds, Math.floor(at / 1_000));
  }
  return {
    total: dials.length,
    most: Math.max(0, ...ofClients.values()),
    peak: Math.max(0, ...inSeconds.values()),
  };
}
