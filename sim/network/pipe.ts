import type { TracedFrame } from "../trace/trace.ts";
import type { Machine, Scheduler } from "../virtual/scheduler.ts";
import type { SeededRandom } from "../virtual/seeded-random.ts";

/**
 * What a pipe carries: the handshake's request (`handshake`) and acceptance (`accepted`), messages, close frames, and
 * the notice that the wire broke (`broken`).
 */
export type Packet =
  | { readonly type: "handshake" | "broken" }
  | { readonly type: "accepted"; readonly protocol: string }
  | { readonly type: "message"; readonly message: string; readonly frame: TracedFrame }
  | { readonly type: "close"; readonly code: number; readonly reason: string };

/** The conditions of a network. Each pipe draws from them for each packet. */
export interface NetworkConditions {
  /** How long a packet usually travels, in ms. */
  readonly latency: number;
  /** The probability that a packet travels a hundred times as long; 0 after the last fault. */
  spikeProbability: number;
  /** The probability that packets which arrive together are read together, before promises settle. */
  readonly batchProbability: number;
  /** How many bytes a character counts in `bufferedAmount`, so that a few messages fill a buffer. */
  readonly bytesPerCharacter: number;
}

/** Why a pipe is blocked. */
export type BlockReason =
  | "black hole"
  | "stall"
  | "stale uplink"
  | "offline"
  | "reader paused"
  | "attacker does not read";

/** One direction of a wire: packets arrive in order, after some time, or not at all. */
export class Pipe {
  readonly #scheduler: Scheduler;
  readonly #random: SeededRandom;
  readonly #conditions: NetworkConditions;
  readonly #reader: Machine;
  readonly #deliver: (packet: Packet) => void;
  readonly #packets: { readonly packet: Packet; readonly due: number }[] = [];
  readonly #drainListeners = new Set<() => void>();
  readonly #blocks = new Set<BlockReason>();
  #cancelDelivery: (() => void) | undefined;
  #broken = false;
  #characters = 0;

  /** Calls `deliver` with each packet that arrives at the machine `reader`. */
  constructor(
    network: { scheduler: Scheduler; random: SeededRandom; conditions: NetworkConditions },
    reader: Machine,
    deliver: (packet: Packet) => void,
  ) {
    this.#scheduler = network.scheduler;
    this.#random = network.random;
    this.#conditions = network.conditions;
    this.#reader = reader;
    this.#deliver = deliver;
  }

  /** The number of packets that are under way and will arrive. */
  get inFlight(): number {
    return this.#blocks.size === 0 ? this.#packets.length : 0;
  }

  /** The bytes under way. */
  get bufferedAmount(): number {
    return this.#characters * this.#conditions.bytesPerCharacter;
  }

  /** Sends a packet; it travels `extra` ms longer than others. A broken pipe drops it. */
  send(packet: Packet, extra = 0): void {
    if (this.#broken) return;
    this.#push(packet, extra);
  }

  /** Delivers nothing until `unblock` is called with the same reason. Packets wait meanwhile. */
  block(reason: BlockReason): void {
    this.#blocks.add(reason);
    this.#scheduleDelivery();
  }

  /** Ends a block. */
  unblock(reason: BlockReason): void {
    this.#blocks.delete(reason);
    this.#scheduleDelivery();
  }

  /**
   * Breaks the pipe: `keep` packets still arrive, and `noticeDelay` ms later the reader gets a notice; with undefined it
   * gets none.
   * @returns the number of packets that are lost.
   */
  break(keep: number, noticeDelay: number | undefined): number {
    if (this.#broken) return 0;
    this.#broken = true;
    const lost = this.#packets.splice(keep);
    for (const { packet } of lost) this.#count(packet, -1);
    this.#blocks.clear();
    if (noticeDelay !== undefined) this.#push({ type: "broken" }, noticeDelay);
    this.#scheduleDelivery();
    this.notifyDrain();
    return lost.length;
  }

  /** Calls `listener` once, when packets have arrived or were lost. */
  onDrain(listener: () => void): void {
    this.#drainListeners.add(listener);
  }

  /** Calls the listeners of `onDrain` now. */
  notifyDrain(): void {
    const listeners = [...this.#drainListeners];
    this.#drainListeners.clear();
    for (const listener of listeners) listener();
  }

  #push(packet: Packet, extra: number): void {
    const { latency, spikeProbability } = this.#conditions;
    const usual = latency * this.#random.between(0.1, 2);
    const travelTime = usual * (this.#random.chance(spikeProbability) ? 100 : 1) + extra;
    const lastDue = this.#packets.at(-1)?.due ?? 0;
    this.#packets.push({ packet, due: Math.max(lastDue, this.#scheduler.now + travelTime) });
    this.#count(packet, 1);
    this.#scheduleDelivery();
  }

  #scheduleDelivery(): void {
    const [next] = this.#packets;
    const ready = next !== undefined && this.#blocks.size === 0;
    if (ready === (this.#cancelDelivery !== undefined)) return;
    this.#cancelDelivery?.();
    this.#cancelDelivery = ready
      ? this.#scheduler.schedule(this.#reader, next.due - this.#scheduler.now, () => this.#arrive())
      : undefined;
  }

  #arrive(): void {
    this.#cancelDelivery = undefined;
    do {
      const next = this.#packets.shift();
      if (next === undefined) break;
      this.#count(next.packet, -1);
      this.#deliver(next.packet);
    } while (this.#joinsBatch());
    this.notifyDrain();
    this.#scheduleDelivery();
  }

  /** Whether the next packet has arrived as well and is read together with the one before. */
  #joinsBatch(): boolean {
    const [next] = this.#packets;
    if (next === undefined || this.#blocks.size > 0 || next.due > this.#scheduler.now) return false;
    return this.#random.chance(this.#conditions.batchProbability);
  }

  #count(packet: Packet, sign: 1 | -1): void {
    if (packet.type === "message") this.#characters += sign * packet.message.length;
  }
}
