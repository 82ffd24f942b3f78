import type { WorldSettings } from "../modes/settings.ts";
import type { Machine } from "../virtual/scheduler.ts";
import {
  type Acknowledgement,
  peerIdOf,
  readAcknowledgements,
  readSessionFrames,
  type SessionFrame,
} from "./frames.ts";
import type { TraceEntry, TraceRecord } from "./trace.ts";

/** An entry of one type. */
export type EntryOf<Type extends TraceRecord["type"]> = Narrow<Type, TraceEntry>;
type Narrow<Type, Entry extends TraceEntry> = Entry extends unknown
  ? Type extends Entry["type"]
    ? Entry
    : never
  : never;

/** The types of the entries that are about one message and that `about` finds. */
type MessageEntryType = "outcome" | "handlerStarted" | "handlerSettled" | "itemRead";

/** The events that handlers of one machine received in one conversation, in the order of the calls. */
export interface HandledEvents {
  /** The machine of the handlers. */
  readonly by: Machine;
  /** The conversation. */
  readonly conversation: number;
  /** One entry per call. */
  readonly events: readonly EntryOf<"handlerStarted">[];
}

/** Finds entries of a trace by type and by message, and computes what several invariants need. */
export class TraceIndex {
  /** All entries. */
  readonly entries: readonly TraceEntry[];
  readonly #byType = new Map<string, TraceEntry[]>();
  readonly #byMessage = new Map<string, Map<number, TraceEntry[]>>();

  // Each of these is computed once, when an invariant asks for it first.
  #frames: readonly SessionFrame[] | undefined;
  #acknowledgements: readonly Acknowledgement[] | undefined;
  #acknowledgedAt: Map<string, number> | undefined;
  #onWire: Set<number | undefined> | undefined;
  #processes: Map<number, number> | undefined;

  constructor(entries: readonly TraceEntry[]) {
    this.entries = entries;
    for (const entry of entries) {
      const ofType = this.#byType.get(entry.type);
      if (ofType) ofType.push(entry);
      else this.#byType.set(entry.type, [entry]);
    }
  }

  /**
   * The settings of the world.
   * @throws Error when the trace has no `world` entry.
   */
  get settings(): WorldSettings {
    const [world] = this.all("world");
    if (!world) throw new Error('the trace has no entry of type "world"');
    return world.settings;
  }

  /** The entries of one type. */
  all<Type extends TraceRecord["type"]>(type: Type): readonly EntryOf<Type>[] {
    return (this.#byType.get(type) ?? []) as readonly TraceEntry[] as readonly EntryOf<Type>[];
  }

  /** The entries of one type about message `n`. */
  about<Type extends MessageEntryType>(type: Type, n: number): readonly EntryOf<Type>[] {
    let byMessage = this.#byMessage.get(type);
    if (!byMessage) {
      byMessage = new Map<number, TraceEntry[]>();
      for (const entry of this.all(type) as readonly (TraceEntry & { readonly n: number })[])
        byMessage.set(entry.n, [...(byMessage.get(entry.n) ?? []), entry]);
      this.#byMessage.set(type, byMessage);
    }
    return (byMessage.get(n) ?? []) as unknown as readonly EntryOf<Type>[];
  }

  /** All frames that belong to a session: those on a wire after its `welcome`. */
  get frames(): readonly SessionFrame[] {
    return (this.#frames ??= [...readSessionFrames(this.entries)]);
  }

  /** All frames that acknowledge messages for the first time. */
  get acknowledgements(): readonly Acknowledgement[] {
    return (this.#acknowledgements ??= [...readAcknowledgements(this.frames)]);
  }

  /** The index of the entry in which a machine first acknowledges message `n`; undefined if it never does. */
  acknowledgedAt(by: Machine, n: number): number | undefined {
    if (!this.#acknowledgedAt) {
      this.#acknowledgedAt = new Map<string, number>();
      for (const { by: machine, index, messages } of this.acknowledgements)
        for (const one of messages)
          if (!this.#acknowledgedAt.has(`${machine} ${one}`))
            this.#acknowledgedAt.set(`${machine} ${one}`, index);
    }
    return this.#acknowledgedAt.get(`${by} ${n}`);
  }

  /** The handled events of each machine in each conversation. */
  handledEvents(): readonly HandledEvents[] {
    const kinds = new Map(this.all("sent").map(({ n, kind }) => [n, kind]));
    const handled = new Map<string, HandledEvents & { events: EntryOf<"handlerStarted">[] }>();
    for (const entry of this.all("handlerStarted")) {
      if (kinds.get(entry.n) !== "event") continue;
      const { by, conversation } = entry;
      const key = `${by} ${conversation}`;
      const one = handled.get(key) ?? { by, conversation, events: [] };
      one.events.push(entry);
      handled.set(key, one);
    }
    return [...handled.values()];
  }

  /** The sessions that a client joined, in order, each with the entry of the first `welcome` that the client received. */
  sessionsOf(client: number): readonly { readonly peerId: string; readonly index: number }[] {
    const wires = new Set(this.all("dial").flatMap((dial) => (dial.client === client ? [dial.wire] : [])));
    const sessions: { peerId: string; index: number }[] = [];
    for (const { by, wire, frame, index } of this.all("frameReceived")) {
      if (by !== "client" || frame.t !== "welcome" || !wires.has(wire)) continue;
      const peerId = peerIdOf(frame["sid"]);
      if (sessions.at(-1)?.peerId !== peerId) sessions.push({ peerId, index });
    }
    return sessions;
  }

  /** Whether a call of the store failed. */
  get storeFailed(): boolean {
    return this.all("storeFailed").length > 0;
  }

  /**
   * Whether the server may have lost a message that it sent: no wire ever carried the message, and afterwards the
   * process ended, the store failed, or another setup took over the conversation.
   */
  mayBeLost({ n, by, conversation, setup = Infinity, index }: EntryOf<"sent">): boolean {
    const failed =
      this.storeFailed ||
      this.all("processEnded").some((ended) => ended.index > index) ||
      this.all("setup").some((one) => one.conversation === conversation && one.setup > setup);
    if (by === "client" || !failed) return false;
    this.#onWire ??= new Set(
      this.all("frameSent").map(({ frame }) => (frame["data"] as { n?: number } | undefined)?.n),
    );
    return !this.#onWire.has(n);
  }

  /** The process in which a setup ran. */
  processOf(setup: number | undefined): number | undefined {
    this.#processes ??= new Map(this.all("setup").map((one) => [one.setup, one.process]));
    return this.#processes.get(setup ?? 0);
  }

  /** The ids of the clients. */
  get clients(): readonly number[] {
    return Array.from({ length: this.settings.clients }, (_, index) => index + 1);
  }

  /** Whether the application closed a client before the entry of this index. */
  isClosed(client: number, index: number): boolean {
    return this.all("clientClosed").some((entry) => entry.client === client && entry.index < index);
  }
}
