import { CloseCode, CloseError } from "@symbolon/protocol";
import {
  encodeGap,
  encodePosition,
  encodeSkip,
  type Frame,
  type Gap,
  jsonFrames,
  type MemberPosition,
} from "@symbolon/protocol/internal";
import { RoomArrivals } from "./room-arrivals.ts";
import { nextTurn } from "../timing/next-turn.ts";
import type { MemberStart } from "./member-start.ts";
import type { RoomOutlet, RoomSubscriber } from "./memberships.ts";
import type { RoomMessageListener, RoomSource } from "./room-source.ts";
import { type ConflateKey, newestOfEachKey } from "./slow-policy.ts";
import type { RoomEntry, RoomPart, RoomPosition } from "../store/room-log.ts";

/** The member for which a room is read. */
export interface RoomReaderClient {
  /** Names the client's session. */
  readonly id: string;
  /** Names the client in the proofs of its positions; undefined in plain mode. */
  readonly member: string | undefined;
  /** Called with what the log or a codec throws. */
  onError(error: unknown): void;
}

/** Reading the log until its end. */
interface CatchUp {
  /** Whether a message has arrived that the last read of the log may not have. */
  missed: boolean;
  /** Set where a slow member receives only the newest message of each key. */
  readonly conflate?: ConflateKey | undefined;
}

/** A connection of the client. */
interface Attachment {
  readonly outlet: RoomOutlet;
  /** Undefined when the member has caught up: then each message is sent as it arrives. */
  catchUp: CatchUp | undefined;
}

/** Of how many messages the newest of each key are chosen in a turn of its own. */
const manyMessages = 100;
/** How long a connection may take no messages before a slow member is disconnected, in ms. */
const slowTimeout = 10_000;

/**
 * Sends a room's messages to one member: from the log until the member has caught up, then as they arrive; from the log
 * again when the connection was full.
 */
export class RoomReader implements RoomSubscriber, RoomMessageListener {
  readonly #room: RoomSource;
  readonly #member: RoomReaderClient;
  readonly #findStart: (arrivals?: RoomArrivals) => Promise<MemberStart>;
  /** In a room that remembers nothing: what has arrived, until the member has caught up. */
  #arrivals: RoomArrivals | undefined;
  #start: Promise<MemberStart> | undefined;
  /** The client's membership in the room, as the log numbers it. */
  #membership = 0;
  /** What the member has received. */
  #position: RoomPosition = { epoch: "", offset: 0 };
  #attachment: Attachment | undefined;

  /** The member receives what follows the position of `findStart`, which is called now, and again if it fails. */
  constructor(
    room: RoomSource,
    member: RoomReaderClient,
    findStart: (arrivals?: RoomArrivals) => Promise<MemberStart>,
  ) {
    this.#room = room;
    this.#member = member;
    this.#findStart = findStart;
    this.#collect();
    void this.#getStart().catch(() => {}); // reported when the client has connected
  }

  attach(outlet: RoomOutlet, position: RoomPosition | undefined): void {
    // A member that was away is slow in the same way.
    const catchUp: CatchUp = { missed: false, conflate: position === undefined ? undefined : this.#conflate };
    const attachment: Attachment = { outlet, catchUp };
    this.#attachment = attachment;
    if (this.#arrivals === undefined) this.#collect();
    this.#room.add(this);
    void this.#begin(attachment, catchUp, position);
  }

  async place(): Promise<MemberPosition | undefined> {
    const start = await this.#getStart();
    return this.#positionOf(start, start.offset);
  }

  detach(): void {
    this.#attachment = undefined;
    this.#arrivals?.clear(); // it still knows where they began, if the start is not found yet
    this.#room.remove(this);
  }

  receive(entry: RoomEntry, epoch: string): void {
    const attachment = this.#attachment;
    this.#arrivals?.add(entry, epoch);
    if (attachment === undefined) return;
    const { outlet, catchUp } = attachment;
    const sameEpoch = epoch === this.#position.epoch;
    const isNext = sameEpoch && entry.previous === this.#position.offset;
    try {
      if (catchUp !== undefined) catchUp.missed = true;
      else if (isNext && outlet.sink.drained() === undefined) this.#deliver(attachment, entry, epoch);
      else if (!sameEpoch || entry.offset > this.#position.offset) {
        this.#collect();
        this.#arrivals?.add(entry, epoch);
        void this.#catchUp(attachment, { missed: false, conflate: isNext ? this.#conflate : undefined });
      }
    } catch (error) {
      this.#fail(attachment, error); // perhaps only this member's codec fails: the other members receive the message
    }
  }

  receiveVolatile(event: RoomEntry): void {
    const attachment = this.#attachment;
    if (attachment === undefined || event.except === this.#member.id) return;
    const { sink, codec } = attachment.outlet;
    try {
      if (sink.drained() === undefined) sink.send(this.#room.options.encoder.eventFrame(event, codec));
    } catch (error) {
      this.#fail(attachment, error);
    }
  }

  readMissed(): void {
    const attachment = this.#attachment;
    if (attachment === undefined) return;
    if (attachment.catchUp !== undefined) {
      attachment.catchUp.missed = true;
      return;
    }
    this.#collect();
    void this.#catchUp(attachment, { missed: false });
  }

  async #begin(attachment: Attachment, catchUp: CatchUp, position: RoomPosition | undefined): Promise<void> {
    try {
      const start = await this.#getStart();
      const { ready } = this.#room;
      if (ready !== undefined) await ready;
      if (this.#attachment !== attachment) return;
      this.#membership = start.membership;
      this.#position = position ?? start;
      // Whatever the client claims, messages from before it joined are not for it.
      if (this.#position.epoch === start.epoch && this.#position.offset < start.from)
        this.#sendGap(attachment, {
          from: this.#position.offset + 1,
          to: start.offset,
          reason: "trimmed",
        });
      const part = await this.#read(catchUp);
      if (this.#attachment !== attachment) return;
      if (part.epoch === this.#position.epoch && this.#position.offset <= part.offset)
        this.#sendPosition(attachment, start);
      await this.#catchUp(attachment, catchUp, part);
    } catch (error) {
      this.#fail(attachment, error);
    }
  }

  /** The position at which the client became a member. */
  #getStart(): Promise<MemberStart> {
    if (this.#start !== undefined) return this.#start;
    const start = this.#findStart(this.#arrivals);
    start.catch(() => (this.#start = undefined));
    return (this.#start = start);
  }

  get #conflate(): ConflateKey | undefined {
    const { slow } = this.#room.options;
    return typeof slow === "object" ? slow.conflate : undefined;
  }

  async #catchUp(attachment: Attachment, catchUp: CatchUp, first?: RoomPart): Promise<void> {
    attachment.catchUp = catchUp;
    try {
      let part = first ?? (await this.#read(catchUp));
      while (this.#attachment === attachment) {
        await this.#deliverPart(attachment, part, catchUp);
        if (this.#attachment !== attachment) return;
        if (!catchUp.missed && this.#position.offset >= part.offset) {
          attachment.catchUp = undefined;
          this.#arrivals = undefined;
          return;
        }
        part = await this.#read(catchUp);
      }
    } catch (error) {
      this.#fail(attachment, error);
    }
  }

  async #read(catchUp: CatchUp): Promise<RoomPart> {
    catchUp.missed = false;
    const part = await this.#room.read(this.#position, catchUp.conflate !== undefined);
    return this.#arrivals?.complete(part, this.#position) ?? part;
  }

  /** In a room that remembers nothing, what arrives from now on waits until the member has caught up. */
  #collect(): void {
    if (this.#room.options.remembers) return;
    this.#arrivals = new RoomArrivals();
    this.#room.add(this);
  }

  /** Sends what was read from the log, until the connection is full. */
  async #deliverPart(
    attachment: Attachment,
    { epoch, offset, gap, entries }: RoomPart,
    { conflate }: CatchUp,
  ): Promise<void> {
    const full = attachment.outlet.sink.drained();
    const isOther = epoch !== this.#position.epoch || this.#position.offset > offset;
    // One gap for all that the member misses meanwhile.
    if (full !== undefined && (isOther || gap !== undefined)) return this.#waitUntil(full, attachment);
    if (isOther) this.#startOver(attachment, { epoch, offset });
    else if (gap !== undefined)
      this.#sendGap(attachment, { from: gap.from + 1, to: gap.to, reason: "trimmed" });
    // A client may be in many rooms: each that has much to decode gets a turn of its own.
    if (conflate !== undefined && entries.length > manyMessages) await nextTurn();
    if (this.#attachment !== attachment) return;
    for (const entry of conflate === undefined
      ? entries
      : newestOfEachKey(entries, this.#room.options.encoder, conflate)) {
      const drained = attachment.outlet.sink.drained();
      if (drained !== undefined) return this.#waitUntil(drained, attachment); // the next read may find newer messages
      this.#deliver(attachment, entry, epoch);
    }
  }

  /**
   * The log belongs to another history, so its offsets do not compare with the member's. The gap goes first: a client that
   * is disconnected before it receives the new position still has the old one, and receives the gap again.
   */
  #startOver(attachment: Attachment, position: RoomPosition): void {
    const start = { ...position, from: position.offset, membership: this.#membership };
    this.#start = Promise.resolve(start);
    this.#sendGap(attachment, { from: 0, to: position.offset, reason: "epoch" });
    this.#position = position;
    this.#sendPosition(attachment, start);
  }

  /** Informs the client where it is in the room, and gives it the proof that it may continue there in another session. */
  #sendPosition(attachment: Attachment, start: MemberStart): void {
    const position = this.#positionOf(start, this.#position.offset);
    if (position !== undefined) this.#sendFrame(attachment, encodePosition(position));
  }

  #positionOf({ epoch, from, membership }: MemberStart, offset: number): MemberPosition | undefined {
    const { name, key, proofs } = this.#room.options;
    const { member } = this.#member;
    if (member === undefined) return undefined;
    return [name, epoch, offset, from, proofs.sign({ room: key, epoch, from, member, membership })];
  }

  #sendGap(attachment: Attachment, gap: Omit<Gap, "room">): void {
    this.#sendFrame(attachment, encodeGap({ room: this.#room.options.name, ...gap }));
    this.#position = { ...this.#position, offset: gap.to };
  }

  async #waitUntil(drained: Promise<void>, { outlet }: Attachment): Promise<void> {
    const { slow, clock } = this.#room.options;
    const tooSlow = new CloseError(CloseCode.SlowConsumer, "reads too slowly");
    const cancel = slow === "disconnect" ? clock.after(slowTimeout, () => outlet.drop(tooSlow)) : undefined;
    await drained;
    cancel?.();
  }

  #deliver(attachment: Attachment, entry: RoomEntry, epoch: string): void {
    const { name: room, encoder } = this.#room.options;
    const { except, offset, previous } = entry;
    const skipped = except === this.#member.id ? offset : previous;
    if (this.#position.offset < skipped)
      this.#sendFrame(attachment, encodeSkip(room, [skipped, this.#position.offset]));
    const { plain, codec, sink } = attachment.outlet;
    if (skipped !== offset)
      sink.send(plain ? encoder.eventFrame(entry, codec) : encoder.roomFrame(room, entry, codec));
    this.#position = { epoch, offset };
  }

  #sendFrame({ outlet }: Attachment, frame: Frame): void {
    if (!outlet.plain) outlet.sink.send(jsonFrames.write(frame));
  }

  /** Closes the connection, since the member cannot receive a message on it: the client reconnects and tries again. */
  #fail(attachment: Attachment, error: unknown): void {
    if (this.#attachment !== attachment) return;
    this.detach();
    this.#member.onError(error);
    attachment.outlet.drop(new CloseError(CloseCode.InternalError, ""));
  }
}
