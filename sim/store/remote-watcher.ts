import type { RoomEntry, RoomLog, RoomWatch, RoomWatcher } from "@symbolon/server/store";
import type { ProcessScope } from "../virtual/process-scope.ts";
import type { SeededRandom } from "../virtual/seeded-random.ts";

/** The probability that the connection of a watch breaks before a message. */
const breakProbability = 1 / 50;
/** After how many ms at most it is there again. */
const maxBreak = 2_000;

/** The network between a process and its store. */
export interface NetworkOptions {
  /** Draws the latency of each call. */
  readonly random: SeededRandom;
  /** The longest time that a call takes each way, in ms; with 0 calls are synchronous. */
  readonly maxLatency: number;
  /** The process that calls. After its end it gets no answer, though the store may still carry out a call. */
  readonly process: ProcessScope;
}

/** A watch of a room over a network: messages arrive later, and its connection breaks now and then. */
export class RemoteWatcher implements RoomWatcher {
  readonly #watcher: RoomWatcher;
  readonly #options: NetworkOptions;
  #watch: RoomWatch | undefined;
  #stopped = false;
  #broken = false;

  constructor(watcher: RoomWatcher, options: NetworkOptions) {
    this.#watcher = watcher;
    this.#options = options;
  }

  /** The request to watch has reached the store. */
  start(rooms: RoomLog, room: string): void {
    if (!this.#stopped) this.#watch = rooms.watch(room, this);
  }

  /** Passes nothing on any more. */
  stop(): void {
    this.#stopped = true;
    this.#watch?.stop();
  }

  receive(entry: RoomEntry, epoch: string): void {
    const { random, maxLatency, process } = this.#options;
    if (!this.#broken && (!process.reachesStore || (maxLatency > 0 && random.chance(breakProbability))))
      this.#break();
    if (maxLatency === 0 && !this.#broken) return this.#watcher.receive(entry, epoch);
    if (!this.#broken) process.schedule(0, () => this.#stopped || this.#watcher.receive(entry, epoch));
  }

  missed(): void {
    throw new Error("a store in memory loses no connection");
  }

  #break(): void {
    const { random, process } = this.#options;
    this.#broken = true;
    const reconnect = (): void => {
      if (!process.reachesStore) return process.schedule(maxBreak, reconnect);
      this.#broken = false;
      if (!this.#stopped) this.#watcher.missed();
    };
    process.schedule(random.between(0, maxBreak), reconnect);
  }
}
