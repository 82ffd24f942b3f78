import type { Agenda, Half } from "../virtual/scheduler.ts";
import type { Chance } from "../virtual/seeded-random.ts";
import type { SeenFrame } from "../trace/trace.ts";

/** One thing on its way: the handshake and its answer, a message, a close frame, or word that the line broke. */
export type Parcel =
  | { readonly is: "knock" | "broken" }
  | { readonly is: "open"; readonly protocol: string }
  | { readonly is: "message"; readonly message: string; readonly frame: SeenFrame }
  | { readonly is: "close"; readonly code: number; readonly reason: string };

/** How things travel; each lane draws from it anew for each parcel. */
export interface Weather {
  /** What a parcel usually takes, in ms. */
  readonly latency: number;
  /** How likely it is that one takes a hundred times as long; none does once the world is quiet. */
  spikes: number;
  /** How likely it is that what arrived together is read together, without a pause for promises. */
  readonly glue: number;
  /** What a character counts in `bufferedAmount`, so that buffers fill without megabytes. */
  readonly weight: number;
}

/** One direction of a line: parcels arrive in order, when it is their time, or not at all. */
export class Lane {
  readonly #agenda: Agenda;
  readonly #chance: Chance;
  readonly #weather: Weather;
  readonly #reader: Half;
  readonly #hand: (parcel: Parcel) => void;
  readonly #parcels: { readonly parcel: Parcel; readonly due: number }[] = [];
  readonly #roomy = new Set<() => void>();
  readonly #holds = new Set<string>();
  #disarm: (() => void) | undefined;
  #broken = false;
  #characters = 0;

  /** `hand` is told what arrives at `reader`. */
  constructor(
    { agenda, chance, weather }: { agenda: Agenda; chance: Chance; weather: Weather },
    reader: Half,
    hand: (parcel: Parcel) => void,
  ) {
    this.#agenda = agenda;
    this.#chance = chance;
    this.#weather = weather;
    this.#reader = reader;
    this.#hand = hand;
  }

  /** How many parcels are on their way and will arrive. */
  get moving(): number {
    return this.#holds.size === 0 ? this.#parcels.length : 0;
  }

  /** Bytes on their way. */
  get bufferedAmount(): number {
    return this.#characters * this.#weather.weight;
  }

  /** Sends a parcel; on a broken lane it is lost. */
  put(parcel: Parcel, extra = 0): void {
    if (this.#broken) return;
    this.#push(parcel, extra);
  }

  /** Nothing arrives until `release` with the same reason; what is sent waits. */
  hold(reason: string): void {
    this.#holds.add(reason);
    this.#rearm();
  }

  release(reason: string): void {
    this.#holds.delete(reason);
    this.#rearm();
  }

  /** The lane breaks: `keep` parcels still arrive, and then, `notice` ms later, word of it; undefined is never. */
  break(keep: number, notice: number | undefined): number {
    if (this.#broken) return 0;
    this.#broken = true;
    const lost = this.#parcels.splice(keep);
    for (const { parcel } of lost) this.#weigh(parcel, -1);
    this.#holds.clear();
    if (notice !== undefined) this.#push({ is: "broken" }, notice);
    this.#rearm();
    this.tellRoomy();
    return lost.length;
  }

  /** Calls `told` once, when something has arrived, or never will. */
  whenRoomy(told: () => void): void {
    this.#roomy.add(told);
  }

  /** Tells those who wait for room to look again. */
  tellRoomy(): void {
    const waiting = [...this.#roomy];
    this.#roomy.clear();
    for (const told of waiting) told();
  }

  #push(parcel: Parcel, extra: number): void {
    const { latency, spikes } = this.#weather;
    const takes = latency * this.#chance.between(0.1, 2) * (this.#chance.happens(spikes) ? 100 : 1) + extra;
    const last = this.#parcels.at(-1)?.due ?? 0;
    this.#parcels.push({ parcel, due: Math.max(last, this.#agenda.now + takes) });
    this.#weigh(parcel, 1);
    this.#rearm();
  }

  #rearm(): void {
    const [head] = this.#parcels;
    const ready = head !== undefined && this.#holds.size === 0;
    if (ready === (this.#disarm !== undefined)) return;
    this.#disarm?.();
    this.#disarm = ready
      ? this.#agenda.plan(this.#reader, head.due - this.#agenda.now, () => this.#arrive())
      : undefined;
  }

  #arrive(): void {
    this.#disarm = undefined;
    do {
      const next = this.#parcels.shift();
      if (next === undefined) break;
      this.#weigh(next.parcel, -1);
      this.#hand(next.parcel);
    } while (this.#together());
    this.tellRoomy();
    this.#rearm();
  }

  #together(): boolean {
    const [head] = this.#parcels;
    if (head === undefined || this.#holds.size > 0 || head.due > this.#agenda.now) return false;
    return this.#chance.happens(this.#weather.glue);
  }

  #weigh(parcel: Parcel, sign: 1 | -1): void {
    if (parcel.is === "message") this.#characters += sign * parcel.message.length;
  }
}
