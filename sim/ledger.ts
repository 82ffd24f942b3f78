import type { Half } from "./agenda.ts";
import type { Settings } from "./settings.ts";
import type { Entry, Happening } from "./trace.ts";

/** An entry of one kind, and where it stands in the trace. */
export type Found<Is extends Happening["is"]> = Of<Is, Entry> & { readonly place: number };
type Of<Is, One extends Entry> = One extends unknown ? (Is extends One["is"] ? One : never) : never;

/** A trace in order of what is asked of it: what was said, what became of it, and on whose line. */
export class Ledger {
  readonly entries: readonly Entry[];
  readonly #byKind = new Map<string, (Entry & { readonly place: number })[]>();
  readonly #byNumber = new Map<string, Map<number, Entry[]>>();

  #sids: Map<number, string> | undefined;

  constructor(entries: readonly Entry[]) {
    this.entries = entries;
    entries.forEach((entry, place) => {
      const kind = this.#byKind.get(entry.is) ?? [];
      kind.push({ ...entry, place });
      this.#byKind.set(entry.is, kind);
    });
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

  /** The frames with a sequence that were sent, or that arrived, and the session they are of. */
  sequenced(is: "put" | "got"): readonly (Found<"put" | "got"> & { sid: string; frame: { s: number } })[] {
    return this.framed(is).filter(({ frame }) => frame.s !== undefined) as never;
  }

  /** Every frame of a session that was sent or that arrived: what is on a line before its welcome is of none. */
  framed(is: "put" | "got"): readonly (Found<"put" | "got"> & { readonly sid: string })[] {
    this.#sids ??= new Map(
      this.all("put").flatMap(({ by, line, frame }) =>
        by === "server" && frame.t === "welcome" ? [[line, String(frame["sid"])]] : [],
      ),
    );
    const sids = this.#sids;
    return this.all(is).flatMap((entry) => {
      const sid = sids.get(entry.line);
      return sid === undefined || entry.frame.t === "hello" ? [] : [{ ...entry, sid }];
    });
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

  /** The numbers of the clients. */
  get clients(): readonly number[] {
    return Array.from({ length: this.settings.clients }, (_, index) => index + 1);
  }

  /** Whether a client's application had enough by then. */
  closed(client: number, place: number): boolean {
    return this.all("closing").some((entry) => entry.client === client && entry.place < place);
  }
}
