import type { Clock } from "../timing/clock.ts";
import type { RoomLog, RoomWatch } from "./room-log.ts";

/** Where the processes of a store announce something to one another. */
export interface AnnouncementsOptions {
  readonly log: RoomLog;
  /** The room of the log, which retains nothing. */
  readonly key: string;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** What is announced. */
export interface AnnouncementKind<Value> {
  /** Its name in the log. */
  readonly name: string;
  /** Reads it. @throws for what no process of this version announces */
  readonly read: (text: string) => Value;
}

/** Receives what processes announce. */
export interface AnnouncementListener<Value> {
  /** A process has announced something: this one too. */
  receive(announcement: Value): void;
  /** Announcements may be lost, those before the watch was ready too. */
  missed(): void;
}

/** A room of the log in which the processes of a store announce something that is not kept. What fails is tried again by `watch`. */
export class Announcements<Value> {
  readonly #options: AnnouncementsOptions;
  readonly #kind: AnnouncementKind<Value>;
  readonly #listener: AnnouncementListener<Value>;
  #watch: RoomWatch | undefined;

  /** Watches from now on, until `stop`. */
  constructor(
    options: AnnouncementsOptions,
    kind: AnnouncementKind<Value>,
    listener: AnnouncementListener<Value>,
  ) {
    this.#options = options;
    this.#kind = kind;
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
          listener.receive(this.#kind.read(String(data)));
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
  async announce(announcement: Value): Promise<void> {
    const { log, key, clock } = this.#options;
    const data = JSON.stringify(announcement);
    await log.append(
      key,
      { name: this.#kind.name, data, at: Math.round(clock.date) },
      { messages: 0, ms: 0 },
    );
  }

  /** Receives nothing any more. */
  stop(): void {
    this.#watch?.stop();
    this.#watch = undefined;
  }
}
