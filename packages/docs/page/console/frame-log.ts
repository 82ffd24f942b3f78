import { Observable } from "../observable.ts";

/** How many entries a log keeps. */
const maxEntries = 1_000;
/** The longest detail of an entry, in characters. */
const maxDetail = 20_000;
/** How long the log collects entries before it shows them, in ms. */
const interval = 50;

/** A line of the log. */
export interface LogEntry {
  readonly id: number;
  /** When, in ms since the epoch. */
  readonly at: number;
  /** `note`: what the console did, or how a call ended. */
  readonly kind: "sent" | "received" | "note" | "problem";
  /** What it is, in a line. */
  readonly text: string;
  /** The message as it was on the wire, or the value that a note is about. */
  readonly detail?: string;
  /** The bytes of the message. */
  readonly size?: number;
  /** A frame of the session itself: an acknowledgement, a ping, a credit. */
  readonly isControl?: boolean;
}

/** What happened on a connection: the newest entries. */
export class FrameLog {
  /** The entries, the oldest first. */
  readonly entries = new Observable<readonly LogEntry[]>([]);
  #waiting: LogEntry[] = [];
  #lastId = 0;
  #isScheduled = false;

  /** Adds an entry. */
  add(entry: Omit<LogEntry, "id" | "at">): void {
    this.#waiting.push({ ...entry, id: (this.#lastId += 1), at: Date.now() });
    if (this.#waiting.length > maxEntries) this.#waiting.shift();
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setTimeout(() => this.#show(), interval);
  }

  /** Adds a note. */
  note(text: string, value?: unknown): void {
    this.add({ kind: "note", text, ...detailOf(value) });
  }

  /** Adds what went wrong. */
  problem(text: string, value?: unknown): void {
    this.add({ kind: "problem", text, ...detailOf(value) });
  }

  /** Removes all entries. */
  clear(): void {
    this.#waiting = [];
    this.entries.value = [];
  }

  #show(): void {
    this.#isScheduled = false;
    this.entries.value = [...this.entries.value, ...this.#waiting].slice(-maxEntries);
    this.#waiting = [];
  }
}

function detailOf(value: unknown): { readonly detail?: string } {
  return value === undefined ? {} : { detail: cutDetail(JSON.stringify(value, undefined, 2)) };
}

/** A detail as the log keeps it. */
export function cutDetail(text: string): string {
  return text.length > maxDetail ? `${text.slice(0, maxDetail)}…` : text;
}
