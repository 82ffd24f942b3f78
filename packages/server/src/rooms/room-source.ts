import type { Clock } from "../timing/clock.ts";
import type { Awaitable } from "../store/awaitable.ts";
import type { RoomEntry, RoomLog, RoomPart, RoomPosition, RoomWatch } from "../store/room-log.ts";
import type { RoomEncoder } from "./room-encoder.ts";
import type { RoomProofs } from "./room-proofs.ts";
import type { SlowPolicy } from "./slow-policy.ts";

/** What the members of a room share. */
export interface RoomSourceOptions {
  readonly name: string;
  /** The room's name in the log. */
  readonly key: string;
  readonly log: RoomLog;
  readonly proofs: RoomProofs;
  readonly encoder: RoomEncoder;
  readonly slow: SlowPolicy;
  /** Whether the log keeps messages for members that miss them. */
  readonly remembers: boolean;
  readonly clock: Clock;
}

/** A member of the room in this process. */
export interface RoomMessageListener {
  /** A message has arrived. */
  receive(entry: RoomEntry, epoch: string): void;
  /** A volatile event was sent. */
  receiveVolatile(event: RoomEntry): void;
  /** Messages may have been missed: the log has them. */
  readMissed(): void;
}

/** Messages that are read from the log at once. */
const partSize = 100;
/** The same where all that follows a position is read. */
const largePartSize = 1_000;

/** A room, as the members in this process share it: one watch of its log, and one reading of each part of it. */
export class RoomSource {
  readonly options: RoomSourceOptions;
  readonly #listeners = new Set<RoomMessageListener>();
  /** Readings under way. A message that arrives may not be in them, so none of them is shared after that. */
  readonly #readings = new Map<string, Promise<RoomPart>>();
  #watch: RoomWatch | undefined;
  #stopped = false;

  /** Watches the log from now on, until `stop`. */
  constructor(options: RoomSourceOptions) {
    this.options = options;
    void this.ready?.catch(() => {}); // a member that needs it asks again
  }

  /**
   * Settles when each message that is sent from then on arrives; undefined when that holds now. After a failure the next call
   * watches again.
   */
  get ready(): Promise<void> | undefined {
    if (this.#stopped) return undefined;
    this.#watch ??= this.#begin();
    return this.#watch.ready;
  }

  /** Passes messages on to a member, until `remove`. */
  add(listener: RoomMessageListener): void {
    this.#listeners.add(listener);
  }

  /** Passes nothing on to a member any more. */
  remove(listener: RoomMessageListener): void {
    this.#listeners.delete(listener);
  }

  /** Passes a volatile event on to the members. */
  sendVolatile(event: RoomEntry): void {
    for (const listener of this.#listeners) listener.receiveVolatile(event);
  }

  /** Reads the messages after a position, as `RoomLog.read` does: the first of them, or all. */
  read(after: RoomPosition, all: boolean): Awaitable<RoomPart> {
    const name = JSON.stringify([after.epoch, after.offset, all]);
    const shared = this.#readings.get(name);
    if (shared !== undefined) return shared;
    const reading = all ? this.#readAll(after) : this.#readPart(after, partSize);
    if (!(reading instanceof Promise)) return reading;
    this.#readings.set(name, reading);
    const forget = (): void => {
      if (this.#readings.get(name) === reading) this.#readings.delete(name);
    };
    void reading.then(forget, forget);
    return reading;
  }

  /** No member is left. */
  stop(): void {
    this.#stopped = true;
    this.#watch?.stop();
  }

  #begin(): RoomWatch {
    const { log, key } = this.options;
    const watch = log.watch(key, {
      receive: (entry, epoch) => {
        this.#readings.clear();
        for (const listener of this.#listeners) listener.receive(entry, epoch);
      },
      missed: () => {
        this.#readings.clear();
        for (const listener of this.#listeners) listener.readMissed();
      },
    });
    watch.ready?.catch(() => {
      if (this.#watch === watch) this.#watch = undefined;
    });
    return watch;
  }

  #readPart(after: RoomPosition, most: number): Awaitable<RoomPart> {
    const { log, key } = this.options;
    return log.read(key, after, most);
  }

  /** Unless the room changes so much meanwhile that a part does not continue the one before: then it ends there. */
  async #readAll(after: RoomPosition): Promise<RoomPart> {
    let part = await this.#readPart(after, largePartSize);
    for (;;) {
      const last = part.entries.at(-1);
      if (last === undefined || last.offset >= part.offset) return part;
      const next = await this.#readPart({ epoch: part.epoch, offset: last.offset }, largePartSize);
      if (next.epoch !== part.epoch || next.gap !== undefined) return part;
      part = { ...part, offset: next.offset, entries: [...part.entries, ...next.entries] };
    }
  }
}
