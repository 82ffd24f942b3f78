import type { RoomEntry, RoomPosition, RoomWatch, RoomWatcher } from "@symbolon/server/store";
import { decodeEntry, type ListedEntry } from "./entries.ts";
import { decodeText, encodeText } from "./values.ts";

/** A watcher of a room, and from where on it receives. */
interface Watching {
  readonly watcher: RoomWatcher;
  readonly onReady: () => void;
  readonly onFailed: (error: Error) => void;
  readonly deadline: number;
  /** The position after which its messages begin; undefined until it is known. */
  begin: RoomPosition | undefined;
}

/** A room with watchers in this process. */
interface WatchedRoom {
  readonly watching: Set<Watching>;
  /** The position up to which its log was read; undefined until it is known. The epoch is empty before the room begins. */
  read: RoomPosition | undefined;
}

/** What is asked about a room: its name, and its position. The epoch is null when only the position of the log is of interest. */
export type RoomQuestion = readonly [name: string, epoch: string | null, offset: number];

/** What a room has that its watchers have not read. Entries continue from the position that was asked for. */
export type RoomNews = readonly [
  name: string,
  epoch: string,
  newest: number,
  entries: readonly ListedEntry[],
];

/** The rooms that this process watches, and how far their logs were read. */
export class WatchedLogs {
  readonly #rooms = new Map<string, WatchedRoom>();

  /** The names of the rooms. */
  get names(): readonly string[] {
    return [...this.#rooms.keys()];
  }

  /** Whether a room has watchers. */
  has(name: string): boolean {
    return this.#rooms.has(name);
  }

  /** Adds a watcher. Its watch is ready when the next question about its room, asked from then on, has its answer. */
  add(name: string, watcher: RoomWatcher, timeout: number): RoomWatch {
    const room: WatchedRoom = this.#rooms.get(name) ?? { watching: new Set(), read: undefined };
    this.#rooms.set(name, room);
    let stop = (): void => {};
    const ready = new Promise<void>((resolve, reject) => {
      const deadline = performance.now() + timeout;
      const one = { watcher, onReady: resolve, onFailed: reject, deadline, begin: undefined };
      room.watching.add(one);
      stop = () => {
        if (!room.watching.delete(one)) return;
        if (room.watching.size === 0 && this.#rooms.get(name) === room) this.#rooms.delete(name);
        resolve();
      };
    });
    ready.catch(stop);
    return { ready, stop };
  }

  /** The questions about these rooms, and what to do with the answers. */
  ask(names: readonly string[]): {
    readonly questions: readonly RoomQuestion[];
    readonly answer: (news: readonly RoomNews[]) => readonly string[];
  } {
    const asked = names.flatMap((name) => {
      const room = this.#rooms.get(name);
      return room === undefined ? [] : [{ name, room, watching: [...room.watching] }];
    });
    const questions = asked.map(({ name, room: { read } }): RoomQuestion => {
      return [encodeText(name), read?.epoch ?? null, read?.offset ?? 0];
    });
    const answer = (news: readonly RoomNews[]): readonly string[] => {
      const byName = new Map(news.map((one) => [decodeText(one[0]), one]));
      return asked.flatMap(({ name, room, watching }) => {
        const found = byName.get(name);
        const hasMore = found !== undefined && receive(room, found);
        room.read ??= { epoch: "", offset: 0 };
        const [, epoch, offset] = found ?? ["", room.read.epoch, room.read.offset];
        for (const one of watching)
          if (one.begin === undefined) {
            one.begin = { epoch, offset };
            one.onReady();
          }
        return hasMore ? [name] : [];
      });
    };
    return { questions, answer };
  }

  /** The log cannot be read. Fails the watches that are not ready, all of them or those that have waited for too long. */
  fail(error: Error, all: boolean): void {
    for (const { watching } of this.#rooms.values())
      for (const one of watching)
        if (one.begin === undefined && (all || one.deadline <= performance.now())) one.onFailed(error);
  }
}

/** Passes what a room has to its watchers, and returns whether it has more. */
function receive(room: WatchedRoom, [, epoch, newest, listed]: RoomNews): boolean {
  const { read } = room;
  const entries = listed.map(decodeEntry);
  const isContinued = read !== undefined && (read.epoch === epoch || read.epoch === "");
  const begun = [...room.watching].filter(({ begin }) => begin !== undefined);
  if (!isContinued || entries[0]?.previous !== read.offset) {
    room.read = { epoch, offset: entries.length > 0 ? (entries[0]?.previous ?? newest) : newest };
    for (const { watcher } of begun) watcher.missed();
  }
  for (const entry of entries) {
    room.read = { epoch, offset: entry.offset };
    for (const one of begun)
      if (room.watching.has(one) && isNew(entry, epoch, one.begin)) one.watcher.receive(entry, epoch);
  }
  return (room.read?.offset ?? newest) < newest;
}

function isNew(entry: RoomEntry, epoch: string, begin: RoomPosition | undefined): boolean {
  return begin !== undefined && (begin.epoch !== epoch || entry.offset > begin.offset);
}
