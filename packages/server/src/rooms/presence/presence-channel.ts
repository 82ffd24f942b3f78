import {
  type AnnouncementListener,
  Announcements,
  type AnnouncementsOptions,
} from "../../store/announcements.ts";
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

/** Receives what other processes announce of a room. */
export type PresenceChannelListener = AnnouncementListener<Announcement>;

/** In which rooms of the log the processes of a store announce who is there. */
export class PresenceChannel extends Announcements<Announcement> {
  /** Watches from now on, until `stop`. */
  constructor(options: AnnouncementsOptions, listener: PresenceChannelListener) {
    super(options, { name: "presence", read: readAnnouncement }, listener);
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
