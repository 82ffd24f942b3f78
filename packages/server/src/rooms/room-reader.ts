import { CloseCode, CloseError } from "@symbolon/protocol";
import { type Frame, jsonFrames } from "@symbolon/protocol/internal";
import type { Clock } from "../timing/clock.ts";
import type { RoomEncoder } from "./room-encoder.ts";
import type { RoomOutlet, RoomSubscriber } from "./memberships.ts";
import type { RoomEntry, RoomLog, RoomPart, RoomPosition } from "../store/store.ts";

/** By what of an event a newer one replaces it; undefined when none does. */
type ConflateKey = (name: string, data: unknown) => unknown;

/** What becomes of a member whose wire takes no more. */
export type SlowPolicy = "pause" | "disconnect" | { readonly conflate: ConflateKey };

/** What those who read a room share. */
export interface RoomSource {
  readonly name: string;
  /** Its name in the log. */
  readonly key: string;
  readonly log: RoomLog;
  readonly encoder: RoomEncoder;
  readonly slow: SlowPolicy;
  readonly clock: Clock;
  /** Those who are told when something is said. */
  readonly readers: Set<RoomReader>;
}

/** A member of a room, and what went wrong for it. */
export interface RoomReaderClient {
  /** The client's session. */
  readonly id: string;
  /** Told what its log threw. */
  onError(error: unknown): void;
}

/** A wire of the client, while the room is read for it. */
interface Attachment {
  readonly outlet: RoomOutlet;
  /** The log is being read: what is said meanwhile is found there. */
  isReading: boolean;
  /** Something was said while it was read. */
  missed: boolean;
  /** The wire was full when something was said. */
  slow: boolean;
}

/** How many messages are read at once. */
const most = 100;
/** How long a wire may take nothing, in ms, where slow members are disconnected. */
const slowFor = 10_000;

/** How far a member has read a room: from the log until it has caught up, then what is said; after a full wire from the log again. */
export class RoomReader implements RoomSubscriber {
  readonly #room: RoomSource;
  readonly #member: RoomReaderClient;
  readonly #begins: () => Promise<RoomPosition>;
  #base: Promise<RoomPosition> | undefined;
  #at: RoomPosition = { epoch: "", offset: 0 };
  #run: Attachment | undefined;

  /** What is said after where it `begins` is for this member. That is asked now, and again if the log had failed. */
  constructor(room: RoomSource, member: RoomReaderClient, begins: () => Promise<RoomPosition>) {
    this.#room = room;
    this.#member = member;
    this.#begins = begins;
    void this.#where().catch(() => {}); // it is told when the client is here
  }

  attach(outlet: RoomOutlet, named: RoomPosition | undefined): void {
    const run = { outlet, isReading: true, missed: false, slow: false };
    this.#run = run;
    this.#room.readers.add(this);
    void this.#begin(run, named);
  }

  detach(): void {
    this.#run = undefined;
    this.#room.readers.delete(this);
  }

  /** Something was said in the room. */
  receive(entry: RoomEntry, ep: string): void {
    const run = this.#run;
    if (run === undefined) return;
    const { epoch: own, offset: off } = this.#at;
    const next = ep === own && entry.previous === off;
    try {
      if (run.isReading) run.missed = true;
      else if (next && run.outlet.drained() === undefined) this.#tell(run, entry, ep);
      else if (ep !== own || entry.offset > off) {
        run.slow = next;
        void this.#catchUp(run);
      }
    } catch (error) {
      this.#fail(run, error); // its codec may be at fault: the others are told
    }
  }

  async #begin(run: Attachment, named: RoomPosition | undefined): Promise<void> {
    try {
      const base = await this.#where();
      if (this.#run !== run) return;
      // What was said before it became a member is not for it, wherever it says that it is.
      this.#at =
        named === undefined || (named.epoch === base.epoch && named.offset < base.offset) ? base : named;
      const part = await this.#read(run);
      if (this.#run !== run) return;
      if (part.epoch === this.#at.epoch && this.#at.offset <= part.offset)
        this.#say(run, { t: "room", ...this.#here });
      await this.#catchUp(run, part);
    } catch (error) {
      this.#fail(run, error);
    }
  }

  /** Where it became a member. */
  #where(): Promise<RoomPosition> {
    if (this.#base !== undefined) return this.#base;
    const base = this.#begins();
    base.catch(() => (this.#base = undefined));
    return (this.#base = base);
  }

  get #here(): { readonly room: string; readonly ep: string; readonly off: number } {
    return { room: this.#room.name, ep: this.#at.epoch, off: this.#at.offset };
  }

  async #catchUp(run: Attachment, first?: RoomPart): Promise<void> {
    run.isReading = true;
    try {
      let part = first ?? (await this.#read(run));
      while (this.#run === run) {
        await this.#tellAll(run, part);
        if (this.#run !== run) return;
        if (!run.missed && this.#at.offset >= part.offset) {
          run.isReading = false;
          run.slow = false;
          return;
        }
        part = await this.#read(run);
      }
    } catch (error) {
      this.#fail(run, error);
    }
  }

  async #read(run: Attachment): Promise<RoomPart> {
    run.missed = false;
    const all = run.slow && typeof this.#room.slow === "object";
    return this.#room.log.read(this.#room.key, this.#at, all ? Infinity : most);
  }

  /** Tells what the log has, as long as the wire takes it. */
  async #tellAll(run: Attachment, { epoch: ep, offset: off, gap, entries }: RoomPart): Promise<void> {
    if (ep !== this.#at.epoch || this.#at.offset > off) this.#startOver(run, { epoch: ep, offset: off });
    else if (gap !== undefined) this.#lose(run, { from: gap.from + 1, to: gap.to, why: "trimmed" });
    for (const entry of this.#chosen(run, entries)) {
      const full = run.outlet.drained();
      if (full !== undefined) return this.#wait(full, run); // then the log is read again: it may hold newer ones
      this.#tell(run, entry, ep);
    }
  }

  /**
   * What was said up to now belongs to another history, and cannot be compared. The gap goes first: a client whose wire
   * breaks before it is told where it is now asks again with what it knew, and is told of the gap once more.
   */
  #startOver(run: Attachment, { epoch: ep, offset: off }: RoomPosition): void {
    this.#lose(run, { from: 0, to: off, why: "epoch" });
    this.#at = { epoch: ep, offset: off };
    this.#say(run, { t: "room", ...this.#here });
  }

  #lose(run: Attachment, gap: { readonly from: number; readonly to: number; readonly why: string }): void {
    this.#say(run, { t: "gap", room: this.#room.name, ...gap });
    this.#at = { ...this.#at, offset: gap.to };
  }

  /** Those of the messages that a slow member is told; what it is not told it skips. */
  #chosen(run: Attachment, entries: readonly RoomEntry[]): readonly RoomEntry[] {
    const { slow } = this.#room;
    if (!run.slow || typeof slow !== "object") return entries;
    const keys = entries.map((entry) => {
      const { name, data } = this.#room.encoder.decode(entry);
      return slow.conflate(name, data);
    });
    const newest = new Map(keys.map((key, index) => [key, index]));
    return entries.filter((_, index) => keys[index] === undefined || newest.get(keys[index]) === index);
  }

  async #wait(full: Promise<void>, run: Attachment): Promise<void> {
    const { slow, clock } = this.#room;
    const dropped = new CloseError(CloseCode.SlowConsumer, "reads too slowly");
    const stop = slow === "disconnect" ? clock.after(slowFor, () => run.outlet.drop(dropped)) : undefined;
    await full;
    stop?.();
  }

  #tell(run: Attachment, entry: RoomEntry, ep: string): void {
    const { name: room, encoder: words } = this.#room;
    const { except, offset: off, previous: prev } = entry;
    const skipped = except === this.#member.id ? off : prev;
    if (this.#at.offset < skipped) this.#say(run, { t: "skip", room, o: skipped, p: this.#at.offset });
    const { plain, codec } = run.outlet;
    if (skipped !== off)
      run.outlet.send(plain ? words.eventFrame(entry) : words.roomFrame(room, entry, codec));
    this.#at = { epoch: ep, offset: off };
  }

  #say({ outlet }: Attachment, frame: Frame): void {
    if (!outlet.plain) outlet.send(jsonFrames.write(frame));
  }

  /** It cannot be told what was said: the client comes back and tries again. */
  #fail(run: Attachment, error: unknown): void {
    if (this.#run !== run) return;
    this.detach();
    this.#member.onError(error);
    run.outlet.drop(new CloseError(CloseCode.InternalError, ""));
  }
}
