import type { RoomWatcher } from "@symbolon/server/store";
import type { OrderedCalls } from "./calls/ordered-calls.ts";
import { optionalArguments } from "./values.ts";

/** A room with watchers in this process. */
interface WatchedRoom {
  readonly watchers: Set<{ readonly watcher: RoomWatcher }>;
  /** The position of the newest message that has arrived. */
  arrived: string;
  /** The position of the log at the last check, if it was another one. */
  ahead: string;
}

/** How many rooms one call asks for at most: other calls wait for it. */
const callSize = 200;

/**
 * The rooms that this process watches. A message that is published may not arrive: the positions of the rooms are compared
 * with those of their logs, which also tells the store that the rooms are in use.
 */
export class WatchedRooms {
  readonly #calls: OrderedCalls;
  readonly #rooms = new Map<string, WatchedRoom>();

  constructor(calls: OrderedCalls) {
    this.#calls = calls;
  }

  /** Adds a watcher of a room. @returns a function that removes it; a second call does nothing. */
  add(name: string, watcher: RoomWatcher): () => void {
    const room: WatchedRoom = this.#rooms.get(name) ?? { watchers: new Set(), arrived: "", ahead: "" };
    const entry = { watcher }; // unique, unlike the watcher
    this.#rooms.set(name, room);
    room.watchers.add(entry);
    return () => {
      if (room.watchers.delete(entry) && room.watchers.size === 0) this.#rooms.delete(name);
    };
  }

  /** From now on every message of a room arrives: those up to its present position need not. */
  async begin(name: string): Promise<void> {
    const [position = ""] = await this.#positions([name]);
    const room = this.#rooms.get(name);
    if (room?.arrived === "") room.arrived = position;
  }

  /** A message of a room has arrived. */
  received(name: string, epoch: string, offset: number): void {
    const room = this.#rooms.get(name);
    if (room !== undefined) room.arrived = `${epoch} ${offset}`;
  }

  /**
   * Compares the rooms with their logs, at `now`, in ms since 1970. The watchers of a room whose log has been ahead since the
   * check before may have missed messages.
   *
   * @throws the error of the store, as a rejection.
   */
  async check(now: number): Promise<void> {
    const names = [...this.#rooms.keys()];
    for (let start = 0; start < names.length; start += callSize) {
      const part = names.slice(start, start + callSize);
      const positions = await this.#positions(part, now);
      for (const [index, name] of part.entries()) this.#compare(name, positions[index] ?? "");
    }
  }

  async #positions(names: readonly string[], sweptAt?: number): Promise<readonly string[]> {
    const args = [...optionalArguments(sweptAt), names.length, ...names];
    return (await this.#calls.call("positions", args)) as string[];
  }

  #compare(name: string, position: string): void {
    const room = this.#rooms.get(name);
    if (room === undefined || position === "" || position.endsWith(" 0") || position === room.arrived) return;
    if (position !== room.ahead) {
      room.ahead = position;
      return;
    }
    room.arrived = position;
    for (const { watcher } of room.watchers) watcher.missed();
  }
}
