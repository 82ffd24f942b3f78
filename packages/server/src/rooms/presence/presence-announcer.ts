import type { PresentConnection } from "./member-table.ts";
import type { Announcement, PresenceChannel } from "./presence-channel.ts";

/** What an announcer knows of its room. */
export interface PresenceAnnouncerOptions {
  /** Names this process. */
  readonly node: string;
  /** The connections of this process. */
  readonly own: ReadonlyMap<string, PresentConnection>;
  /** Undefined without a store: then nothing is announced. */
  readonly channel: Pick<PresenceChannel, "announce"> | undefined;
  /** Called before the others are asked for their connections. */
  readonly onAsk: () => void;
  /** Called when that has failed. */
  readonly onAskFailed: () => void;
  /** Called when `announce` has something to do, or the announcer may be idle. */
  readonly onReady: () => void;
  readonly onError: (error: unknown) => void;
}

/** How many connections an announcement has. */
const pageSize = 100;
/** After how many failures, one for each beat, a room without members gives up: the others have expired this process. */
const maxFailures = 5;

/** Announces the connections of this process in a room: one announcement after the other, however slow the store is. */
export class PresenceAnnouncer {
  readonly #options: PresenceAnnouncerOptions;
  /** The ids of those that the others do not know yet. */
  #changed = new Set<string>();
  /** Whether the others do not know any of them. */
  #all = false;
  /** Whether the others are to announce all of theirs. */
  #asks = false;
  #announcing = false;
  /** Whether it waits for `retry`. */
  #failed = false;
  #failures = 0;

  constructor(options: PresenceAnnouncerOptions) {
    this.#options = options;
  }

  /** Whether the others know that a connection is gone, or will find out. */
  get isIdle(): boolean {
    const isDone = this.#changed.size === 0 && !this.#all;
    return !this.#announcing && (isDone || this.#failures >= maxFailures);
  }

  /** A connection is new, has changed, or is gone. */
  change(id: string): void {
    this.#changed.add(id);
    this.#options.onReady();
  }

  /** The others may know nothing. */
  announceAll(): void {
    this.#all = true;
    this.#options.onReady();
  }

  /** The others are asked for all their connections. */
  ask(): void {
    this.#asks = true;
    this.#options.onReady();
  }

  /** Time for what has failed to be tried again. */
  retry(): void {
    if (!this.#failed) return;
    this.#failed = false;
    this.#options.onReady();
  }

  /** Announces what has changed, unless an announcement is on its way, or one has failed. */
  announce(): void {
    const { node, own, channel, onAsk } = this.#options;
    if (this.#announcing || this.#failed) return;
    const isAll = this.#all;
    const asks = this.#asks;
    const here = Array.from(isAll ? own.keys() : this.#changed).flatMap((id) => own.get(id) ?? []);
    const gone = Array.from(this.#changed).filter((id) => !own.has(id));
    this.#changed = new Set();
    this.#all = false;
    this.#asks = false;
    if (channel === undefined || (here.length + gone.length === 0 && !isAll && !asks)) return;
    if (asks) onAsk();
    const first = Math.max(0, Math.ceil(here.length / pageSize) - 1) * pageSize; // of the last page
    const pages: Announcement[] = [];
    for (let from = 0; from < first; from += pageSize)
      pages.push({ node, here: here.slice(from, from + pageSize) });
    const all = isAll && { all: Array.from(own.keys()) };
    pages.push({ node, here: here.slice(first), gone, ...all, ...(asks && { asks }) });
    void this.#publish(channel, pages, asks);
  }

  #askAgain(): void {
    this.#asks = true;
    this.#options.onAskFailed();
  }

  /** What may be lost is announced again, with all other connections, after the next `retry`. */
  async #publish(
    channel: Pick<PresenceChannel, "announce">,
    pages: readonly Announcement[],
    asks: boolean,
  ): Promise<void> {
    this.#announcing = true;
    try {
      await Promise.all(pages.map((page) => channel.announce(page)));
      this.#failures = 0;
    } catch (error) {
      this.#all = true;
      if (asks) this.#askAgain();
      this.#failed = true;
      this.#failures += 1;
      this.#options.onError(error);
    }
    this.#announcing = false;
    this.#options.onReady();
  }
}
