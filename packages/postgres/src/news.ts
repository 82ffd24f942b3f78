import type { NoticeListener, RoomWatch, RoomWatcher, SessionNotice } from "@symbolon/server/store";
import { explainFailure, canRetry } from "./connection/failure.ts";
import type { DatabaseLink } from "./connection/database-link.ts";
import { decodeText, encodeText } from "./values.ts";
import { type RoomNews, WatchedLogs } from "./watched-logs.ts";

/** What has changed, as processes notify each other of it. */
interface Announcement {
  /** The rooms that have new messages; null for many. */
  readonly rooms: readonly string[] | null;
  /** Whether there are notices for processes. */
  readonly hasNotices: boolean;
}

type ListedNotice = readonly [node: string, notice: readonly [type: string, id: string, ...rest: unknown[]]];

/** How many rooms are asked for at once, and how many messages of each are read, and how many notices. */
const [roomsAtOnce, entriesAtOnce, noticesAtOnce] = [200, 50, 200];
/** The shortest and the longest wait until the logs are looked at again, in ms, without a notification. */
const [shortestWait, longestWait] = [200, 300];
/** The longest wait after a failure, in ms. */
const longestDelay = 1_000;
/** PostgreSQL takes payloads below 8,000 bytes. */
const payloadSize = 7_900;

/**
 * Reads what is new for this process: messages of the rooms that it watches, in the order of their log, and notices for its
 * sessions. It looks several times a second, and at once when a process notifies it, which may fail to happen.
 */
export class News {
  readonly #link: DatabaseLink;
  readonly #channel: string;
  readonly #timeout: number;
  readonly #rooms = new WatchedLogs();
  readonly #listeners = new Map<string, Set<{ readonly listener: NoticeListener }>>();
  /** The rooms to look at, besides all of them from time to time. */
  #due = new Set<string>();
  #areNoticesDue = false;
  #isLooking = false;
  #timer: NodeJS.Timeout | undefined;
  #delay = 0;
  /** What other processes have not been notified of. */
  #toAnnounce: { readonly rooms: Set<string>; hasNotices: boolean } | undefined;
  #isAnnouncing = false;
  #closed = false;

  constructor(link: DatabaseLink, channel: string, timeout: number) {
    this.#link = link;
    this.#channel = channel;
    this.#timeout = timeout;
  }

  /** The names of the rooms with watchers. */
  get watchedRooms(): readonly string[] {
    return this.#rooms.names;
  }

  /** Calls a watcher with the messages of a room from now on. */
  watchRoom(name: string, watcher: RoomWatcher): RoomWatch {
    const watch = this.#rooms.add(name, watcher, this.#timeout);
    if (this.#closed) this.#rooms.fail(new Error("the store is closed"), true);
    this.#lookSoon([name], false);
    return watch;
  }

  /** Calls a listener with the notices for a process. @returns a function that ends that; a second call does nothing. */
  watchNode(node: string, listener: NoticeListener): () => void {
    const listeners = this.#listeners.get(node) ?? new Set();
    const entry = { listener }; // unique, unlike the listener
    this.#listeners.set(node, listeners);
    listeners.add(entry);
    this.#lookSoon([], true);
    return () => {
      if (listeners.delete(entry) && listeners.size === 0) this.#listeners.delete(node);
    };
  }

  /** This process has written to rooms, or notices: all processes look at them at once. */
  announce(rooms: readonly string[], hasNotices: boolean): void {
    this.#toAnnounce ??= { rooms: new Set(), hasNotices: false };
    for (const room of rooms) this.#toAnnounce.rooms.add(room);
    this.#toAnnounce.hasNotices ||= hasNotices;
    if (this.#isAnnouncing) return;
    this.#isAnnouncing = true;
    setImmediate(() => void this.#notify());
  }

  /** Receives a notification. */
  notified(payload: string): void {
    const { rooms, hasNotices } = announcementOf(payload);
    this.#lookSoon(rooms ?? this.#rooms.names, hasNotices);
  }

  /** Calls no listener any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#rooms.fail(new Error("the store is closed"), true);
  }

  async #notify(): Promise<void> {
    while (this.#toAnnounce !== undefined && !this.#closed) {
      const { rooms, hasNotices } = this.#toAnnounce;
      this.#toAnnounce = undefined;
      const payload = JSON.stringify({ rooms: [...rooms].map(encodeText), hasNotices });
      const isShort = Buffer.byteLength(payload) < payloadSize;
      const text = isShort ? payload : JSON.stringify({ rooms: null, hasNotices });
      await this.#link.query("notify", "select pg_notify($1, $2)", [this.#channel, text]).catch(() => {}); // the others look from time to time
    }
    this.#isAnnouncing = false;
  }

  #lookSoon(rooms: readonly string[], hasNotices: boolean): void {
    for (const room of rooms) if (this.#rooms.has(room)) this.#due.add(room);
    if (hasNotices && this.#listeners.size > 0) this.#areNoticesDue = true;
    if (this.#due.size === 0 && !this.#areNoticesDue) return;
    if (this.#isLooking || this.#closed || this.#delay > 0) return;
    clearTimeout(this.#timer);
    this.#isLooking = true;
    setImmediate(() => void this.#look());
  }

  /** Reads what is due, until nothing is. */
  async #look(): Promise<void> {
    this.#isLooking = true;
    try {
      while ((this.#due.size > 0 || this.#areNoticesDue) && !this.#closed) await this.#read();
      this.#delay = 0;
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      this.#rooms.fail(explainFailure(error), !canRetry(error));
      this.#delay = Math.min(2 * this.#delay + 25, longestDelay);
    }
    this.#isLooking = false;
    const wait = this.#delay || shortestWait + Math.random() * (longestWait - shortestWait);
    if (!this.#closed) this.#timer = setTimeout(() => this.#lookAtAll(), wait);
  }

  #lookAtAll(): void {
    for (const name of this.#rooms.names) this.#due.add(name);
    this.#areNoticesDue = this.#listeners.size > 0;
    if (this.#due.size > 0 || this.#areNoticesDue) void this.#look();
    else this.#delay = 0;
  }

  async #read(): Promise<void> {
    const names = [...this.#due].slice(0, roomsAtOnce);
    const { questions, answer } = this.#rooms.ask(names);
    const nodes = this.#areNoticesDue ? [...this.#listeners.keys()] : [];
    for (const name of names) this.#due.delete(name);
    this.#areNoticesDue = false;
    const row = await this.#link.query("news", "select room_news($1, $2, $3, $4), take_notices($5, $6)", [
      questions.map(([name]) => name),
      questions.map(([, epoch]) => epoch),
      questions.map(([, , offset]) => offset),
      entriesAtOnce,
      nodes.map(encodeText),
      noticesAtOnce,
    ]);
    if (this.#closed) return;
    const news = row as { readonly room_news: RoomNews[]; readonly take_notices: ListedNotice[] };
    for (const name of answer(news.room_news)) this.#due.add(name);
    this.#areNoticesDue ||= news.take_notices.length === noticesAtOnce;
    for (const [node, notice] of news.take_notices)
      for (const { listener } of this.#listeners.get(decodeText(node)) ?? []) listener(noticeOf(notice));
  }
}

/** What a payload says; another program may have sent something else. */
function announcementOf(payload: string): Announcement {
  try {
    const { rooms, hasNotices } = JSON.parse(payload) as Announcement;
    return { rooms: rooms?.map(decodeText) ?? null, hasNotices };
  } catch {
    return { rooms: null, hasNotices: true };
  }
}

function noticeOf([type, id, epoch, fence, close]: ListedNotice[1]): SessionNotice {
  const sessionId = decodeText(id);
  if (epoch === undefined) return { type, sessionId } as SessionNotice;
  const claim = { sessionId, epoch, fence };
  return {
    type,
    claim,
    ...(typeof close === "string" && { close: JSON.parse(close) as unknown }),
  } as SessionNotice;
}
