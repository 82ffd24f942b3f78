import type { RoomLog, RoomWatch } from "../../store/room-log.ts";
import type { Clock } from "../../timing/clock.ts";
import type { PresentConnection } from "./member-table.ts";

/** What a process announces to the others of its store. */
export interface Announcement {
  /** Names the process. */
  readonly node: string;
  /** Connections that are new, or have changed. */
  readonly here?: readonly PresentConnection[];
  /** The ids of connections that are gone. */
  readonly gone?: readonly string[];
  /** With the last part of all its connections: their ids. */
  readonly all?: readonly string[];
  /** It asks each other process for all its connections. */
  readonly asks?: boolean;
}

/** Where processes announce to one another. */
export interface PresenceChannelOptions {
  readonly log: RoomLog;
  /** The name of the channel: a room of the log, which retains nothing. */
  readonly key: string;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Receives what other processes announce. */
export interface AnnouncementListener {
  /** A process has announced something: this one too. */
  receive(announcement: Announcement): void;
  /** Announcements may be lost, those before the channel was ready too. */
  missed(): void;
}

/** A room of the log in which the processes of a store announce who is there. What fails is tried again by `watch`. */
export class PresenceChannel {
  readonly #options: PresenceChannelOptions;
  readonly #listener: AnnouncementListener;
  #watch: RoomWatch | undefined;

  /** Watches from now on, until `stop`. */
  constructor(options: PresenceChannelOptions, listener: AnnouncementListener) {
    this.#options = options;
    this.#listener = listener;
    this.watch();
  }

  /** Watches again, if the watch has failed. */
  watch(): void {
    if (this.#watch !== undefined) return;
    const { log, key, onError } = this.#options;
    const listener = this.#listener;
    const watch = log.watch(key, {
      receive: ({ data }) => {
        try {
          listener.receive(readAnnouncement(String(data)));
        } catch (error) {
          onError(error);
        }
      },
      missed: () => listener.missed(),
    });
    this.#watch = watch;
    if (watch.ready === undefined) return listener.missed();
    watch.ready.then(
      () => {
        if (this.#watch === watch) listener.missed();
      },
      (error: unknown) => {
        if (this.#watch !== watch) return;
        this.#watch = undefined;
        onError(error);
      },
    );
  }

  /** Announces something. Resolves when the store has it; rejects when it may not. */
  async announce(announcement: Announcement): Promise<void> {
    const { log, key, clock } = this.#options;
    const message = { name: "presence", data: JSON.stringify(announcement), at: Math.round(clock.date) };
    await log.append(key, message, { messages: 0, ms: 0 });
  }

  /** Receives nothing any more. */
  stop(): void {
    this.#watch?.stop();
    this.#watch = undefined;
  }
}

/** @throws TypeError for what no process of this version announces. */
function readAnnouncement(text: string): Announcement {
  const read = Object(JSON.parse(text)) as Partial<Record<keyof Announcement, unknown>>;
  const { node, here = [], gone = [], all = [] } = read;
  const isString = (value: unknown): boolean => typeof value === "string";
  const isConnection = (value: unknown): boolean => {
    const { id, principal = "", at, away } = Object(value) as Partial<PresentConnection>;
    return [id, principal].every(isString) && Number.isSafeInteger(at) && typeof away === "boolean";
  };
  const isList = (value: unknown, isItem: (item: unknown) => boolean): boolean =>
    Array.isArray(value) && value.every(isItem);
  if (isString(node) && isList(here, isConnection) && isList(gone, isString) && isList(all, isString))
    return read as Announcement;
  throw new TypeError("an announcement of presence that another version has made: it is not applied");
}
