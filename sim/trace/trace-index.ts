import type { Half } from "../virtual/scheduler.ts";
import type { Settings } from "../modes/settings.ts";
import type { Entry, Happening, SeenFrame } from "./trace.ts";

/** An entry of one kind. */
export type Found<Is extends Happening["is"]> = Of<Is, Entry>;
/** A frame that was sent or that arrived. */
interface Framed {
  readonly is: "put" | "got";
  readonly by: Half;
  readonly frame: SeenFrame;
  readonly place: number;
  /** Names this end of its session, and the end across. */
  readonly end: string;
  readonly across: string;
}
type Of<Is, One extends Entry> = One extends unknown ? (Is extends One["is"] ? One : never) : never;

/** What an ack tells to be finished. */
export interface Ack {
  readonly by: Half;
  readonly place: number;
  readonly finished: readonly number[];
}

/** A trace in order of what is asked of it: what was said, what became of it, and on whose line. */
export class Ledger {
  readonly entries: readonly Entry[];
  readonly #byKind = new Map<string, Entry[]>();
  readonly #byNumber = new Map<string, Map<number, Entry[]>>();

  #frames: readonly Framed[] | undefined;
  #acks: readonly Ack[] | undefined;
  #finished: Map<string, number> | undefined;
  #left: Set<number | undefined> | undefined;
  #boots: Map<number, number> | undefined;

  constructor(entries: readonly Entry[]) {
    this.entries = entries;
    for (const entry of entries) {
      const kind = this.#byKind.get(entry.is);
      if (kind) kind.push(entry);
      else this.#byKind.set(entry.is, [entry]);
    }
  }

  /** How the world was set up. Throws when the trace does not say. */
  get settings(): Settings {
    const [world] = this.all("world");
    if (!world) throw new Error("the trace does not begin with its settings");
    return world.settings;
  }

  /** Every entry of one kind. */
  all<Is extends Happening["is"]>(is: Is): readonly Found<Is>[] {
    return (this.#byKind.get(is) ?? []) as readonly Entry[] as readonly Found<Is>[];
  }

  /** The entries of one kind about what is numbered `n`. */
  of<Is extends "outcome" | "handling" | "handled" | "item">(is: Is, n: number): readonly Found<Is>[] {
    let numbered = this.#byNumber.get(is);
    if (!numbered) {
      numbered = new Map<number, Entry[]>();
      for (const entry of this.all(is) as readonly (Entry & { readonly n: number })[])
        numbered.set(entry.n, [...(numbered.get(entry.n) ?? []), entry]);
      this.#byNumber.set(is, numbered);
    }
    return (numbered.get(n) ?? []) as unknown as readonly Found<Is>[];
  }

  /** Every frame of a session that was sent or that arrived: what is on a line before its welcome is of none. */
  get frames(): readonly Framed[] {
    return (this.#frames ??= [...this.#allFrames()]);
  }

  *#allFrames(): Generator<Framed> {
    // Names are made once for a line, for they are looked up with every frame.
    const ends = new Map<number, Record<Half, string>>();
    for (const { by, line, frame } of this.all("put"))
      if (by === "server" && frame.t === "welcome") ends.set(line, endsOf(String(frame["sid"])));
    for (const entry of this.entries) {
      if ((entry.is !== "put" && entry.is !== "got") || entry.frame.t === "hello") continue;
      const { is, by, frame, place } = entry;
      const session = ends.get(entry.line);
      if (session) yield { is, by, frame, place, end: session[by], across: session[other[by]] };
    }
  }

  /** The events of each direction of each conversation in the order in which handlers were given them. */
  given(): readonly {
    readonly by: Half;
    readonly conv: number;
    readonly events: readonly Found<"handling">[];
  }[] {
    const kinds = new Map(this.all("said").map(({ n, kind }) => [n, kind]));
    const given = new Map<string, { by: Half; conv: number; events: Found<"handling">[] }>();
    for (const entry of this.all("handling")) {
      if (kinds.get(entry.n) !== "event") continue;
      const key = `${entry.by} ${entry.conv}`;
      const one = given.get(key) ?? { by: entry.by, conv: entry.conv, events: [] };
      one.events.push(entry);
      given.set(key, one);
    }
    return [...given.values()];
  }

  /** The sessions that a client joined, one after another: from the first welcome it got of each. */
  joined(client: number): readonly { readonly sid: string; readonly place: number }[] {
    const lines = new Set(this.all("dial").flatMap((dial) => (dial.client === client ? [dial.line] : [])));
    const joined: { sid: string; place: number }[] = [];
    for (const { by, line, frame, place } of this.all("got"))
      if (by === "client" && frame.t === "welcome" && lines.has(line) && joined.at(-1)?.sid !== frame["sid"])
        joined.push({ sid: String(frame["sid"]), place });
    return joined;
  }

  /** Every ack, reply and error of the server or a client that tells of things said that they are finished, and had not been told before. */
  get acks(): readonly Ack[] {
    return (this.#acks ??= [...acksIn(this)]);
  }

  /** Where a half has first told that what is numbered `n` is finished; undefined when it never has. */
  finished(by: Half, n: number): number | undefined {
    if (!this.#finished) {
      this.#finished = new Map<string, number>();
      for (const { by: half, place, finished } of this.acks)
        for (const one of finished)
          if (!this.#finished.has(`${half} ${one}`)) this.#finished.set(`${half} ${one}`, place);
    }
    return this.#finished.get(`${by} ${n}`);
  }

  /** Whether the store failed. */
  get troubled(): boolean {
    return this.all("trouble").length > 0;
  }

  /**
   * Whether what the server said may have gone with its process: it never left, and the process died, or its store failed, or
   * the session went on in another.
   */
  mayBeGone({ n, by, conv, life = Infinity, place }: Found<"said">): boolean {
    const failed =
      this.troubled ||
      this.all("died").some((died) => died.place > place) ||
      this.all("setup").some((setup) => setup.conv === conv && setup.life > life);
    if (by === "client" || !failed) return false;
    this.#left ??= new Set(
      this.all("put").map(({ frame }) => (frame["data"] as { n?: number } | undefined)?.n),
    );
    return !this.#left.has(n);
  }

  /** In which process of the server a setup ran. */
  bootOf(life: number | undefined): number | undefined {
    this.#boots ??= new Map(this.all("setup").map((setup) => [setup.life, setup.boot]));
    return this.#boots.get(life ?? 0);
  }

  /** The numbers of the clients. */
  get clients(): readonly number[] {
    return Array.from({ length: this.settings.clients }, (_, index) => index + 1);
  }

  /** Whether a client's application had enough by then. */
  closed(client: number, place: number): boolean {
    return this.all("closing").some((entry) => entry.client === client && entry.place < place);
  }
}

const other: Record<Half, Half> = { client: "server", server: "client" };

/** The names of both ends of a session. */
export function endsOf(sid: string): Record<Half, string> {
  return { client: `${sid} client`, server: `${sid} server` };
}

/** Frames that bring something said to a handler. */
const openers = new Set(["event", "request", "stream"]);

function* acksIn(ledger: Ledger): Generator<Ack> {
  /** By the end that receives: the events under way by sequence, and up to where an ack went. */
  const events = new Map<string, { numbers: Map<number, number>; high: number; held: Set<number> }>();
  const sentTo = (end: string) => {
    let one = events.get(end);
    if (one === undefined) events.set(end, (one = { numbers: new Map(), high: 0, held: new Set() }));
    return one;
  };
  for (const { is, by, end, across, frame, place } of ledger.frames) {
    if (is !== "put") continue;
    const n = openers.has(frame.t) ? (frame["data"] as { n?: number } | undefined)?.n : undefined;
    if (frame.s !== undefined && n !== undefined) sentTo(across).numbers.set(frame.s, n);
    if (frame.a === undefined) continue;
    const theirs = sentTo(end);
    const but = new Set(frame.but);
    const finished: number[] = [];
    const look = (s: number): void => {
      if (but.has(s)) return void theirs.held.add(s);
      theirs.held.delete(s);
      const n = theirs.numbers.get(s);
      if (n !== undefined) finished.push(n);
    };
    for (const s of Array.from(theirs.held)) look(s);
    for (let s = theirs.high + 1; s <= frame.a; s += 1) look(s);
    theirs.high = Math.max(theirs.high, frame.a);
    if (finished.length > 0) yield { by, place, finished };
  }
}
