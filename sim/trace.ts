import { createHash } from "node:crypto";
import type { Agenda, Half } from "./agenda.ts";
import type { FaultName } from "./modes.ts";
import type { Settings } from "./settings.ts";

/** A frame as it stands on the wire; what it means is the product's business. */
export interface SeenFrame {
  readonly t: string;
  readonly s?: number;
  readonly a?: number;
  readonly but?: readonly number[];
  readonly [field: string]: unknown;
}

/** What is said: an event, a request, or a stream with or without an upload. */
export type Kind = "event" | "volatile" | "ask" | "stream" | "upload" | "room";

/** The one that was there, or a part of it is lost, or there was none; `none` where nothing outlives a process. */
export type History = "kept" | "lost" | "new" | "none";

/** What should have come to rest and has not, and the invariant by which it should have. */
export interface Unrest {
  readonly of: "I18" | "I19" | "I20";
  readonly what: string;
}

/** What happened in a world; `n` numbers what is said, and no two things have the same. */
export type Happening =
  /** How the world is set up. */
  | { readonly is: "world"; readonly settings: Settings }
  /** The application says something, the server in the setup `life` of conversation `conv`, or in a room to all its members. */
  | {
      readonly is: "said";
      readonly by: Half;
      readonly n: number;
      readonly kind: Kind;
      readonly client?: number;
      readonly conv?: number;
      readonly life?: number;
      readonly room?: string;
      /** What a handler was given when it said this in a room. */
      readonly because?: number;
    }
  /** What became of it for the one who said it: done, or an error's code. */
  | { readonly is: "outcome"; readonly n: number; readonly how: string; readonly sentBefore?: boolean }
  /** A handler is given it; the server's belongs to the setup `life`, and names the message by `key`. */
  | {
      readonly is: "handling";
      readonly by: Half;
      readonly n: number;
      readonly client: number;
      readonly conv: number;
      readonly life?: number;
      readonly key?: string;
    }
  /** The handler has settled. */
  | {
      readonly is: "handled";
      readonly by: Half;
      readonly n: number;
      readonly how: string;
      readonly life?: number;
    }
  /** What was said in a room has its place in the log, by the store's own word. */
  | { readonly is: "placed"; readonly n: number; readonly ep: string; readonly off: number }
  /** Item `i` of a stream, or of its upload, was read. */
  | {
      readonly is: "item";
      readonly by: Half;
      readonly n: number;
      readonly i: number;
      readonly upload: boolean;
      readonly life?: number;
    }
  /** The client is told that its session is over. */
  | { readonly is: "reset"; readonly client: number; readonly why: string }
  | {
      readonly is: "gap";
      readonly client: number;
      readonly room?: string;
      readonly from: number;
      readonly to: number;
      readonly why: string;
    }
  | {
      readonly is: "status";
      readonly client: number;
      readonly status: string;
      readonly resumed: boolean;
      readonly buffered: number;
    }
  /**
   * A conversation of the server, for the client of a line; undefined for an attacker's. A session that goes on in another
   * process, or is taken out of the store again, is the same conversation, and has another `life`.
   */
  | {
      readonly is: "setup";
      readonly conv: number;
      readonly life: number;
      readonly boot: number;
      readonly sid: string;
      readonly line: number;
      readonly client: number | undefined;
    }
  /** What becomes of it; `clock` is the server's own time, which stands still when the server does. */
  | {
      readonly is: "detached" | "resumed" | "ended" | "over";
      readonly conv: number;
      readonly life: number;
      readonly clock: number;
      readonly undelivered?: number;
    }
  | { readonly is: "dial"; readonly line: number; readonly client: number | undefined }
  /** A line is over as this half sees it. */
  | { readonly is: "hangup"; readonly line: number; readonly by: Half; readonly code: number }
  /** A frame is sent on a line, and arrives. */
  | { readonly is: "put" | "got"; readonly line: number; readonly by: Half; readonly frame: SeenFrame }
  | { readonly is: "fault"; readonly fault: FaultName; readonly what: string }
  /** The wall clock of a machine jumps. */
  | { readonly is: "jump"; readonly half: Half; readonly ms: number }
  /** The server's process begins; `boot` counts from 1. */
  | { readonly is: "boot"; readonly boot: number; readonly history: History }
  /** It is gone at once. */
  | { readonly is: "died"; readonly boot: number }
  /** The store failed, as it may. */
  | { readonly is: "trouble"; readonly what: string }
  /** No more faults, and nothing more is said. */
  | { readonly is: "quiet" }
  /** Everything has come to rest, or time was up: then `unrest` says, by invariant, what had not. */
  | { readonly is: "rest"; readonly unrest: readonly Unrest[] }
  | { readonly is: "closing"; readonly client: number }
  | {
      readonly is: "end";
      readonly timers: number;
      readonly watchers: number;
      readonly conversations: number;
      readonly lines: number;
      readonly listeners: number;
      /** Sessions that the store has. */
      readonly stored: number;
    }
  /** Something failed that must not: an error nobody caught, or one that the app was told of. */
  | { readonly is: "crash"; readonly by: Half | undefined; readonly error: string };

/** Something that happened, when, and where that stands in the trace. */
export type Entry = Happening & { readonly at: number; readonly place: number };

/** What happened in a world, in order. */
export class Trace {
  readonly entries: Entry[] = [];
  readonly #agenda: Pick<Agenda, "now">;

  constructor(agenda: Pick<Agenda, "now">) {
    this.#agenda = agenda;
  }

  /** Writes down what just happened. */
  add(happening: Happening): void {
    const entry = happening as Happening & { at: number; place: number }; // it was made for this
    entry.at = this.#agenda.now;
    entry.place = this.entries.length;
    this.entries.push(entry);
  }

  /** The same trace has the same one. */
  get hash(): string {
    return createHash("sha256").update(JSON.stringify(this.entries)).digest("hex").slice(0, 16);
  }
}
