import type { CloseError, FrameCodec } from "@symbolon/protocol";
import {
  type Hello,
  jsonFrames,
  type MemberPosition,
  type MessageSink,
  type PresenceFrame,
} from "@symbolon/protocol/internal";
import type { RoomPosition } from "../store/room-log.ts";
import { leftFrame } from "./room-encoder.ts";

/** The connection on which a client receives room messages. */
export interface RoomOutlet {
  readonly codec: FrameCodec;
  /** Whether the client receives bare events: without offsets, and never again after a lost connection. */
  readonly plain: boolean;
  readonly sink: MessageSink;
  /** Closes the connection; the client reconnects. */
  drop(error: CloseError): void;
}

/** A membership, as the client's connection needs it. */
export interface RoomSubscriber {
  /** The client has connected; it has received the room up to `position`, if it knows the room. */
  attach(outlet: RoomOutlet, position: RoomPosition | undefined): void;
  /** The client has disconnected, or left the room. */
  detach(): void;
  /** Where the client begins in the room. Rejects when the log fails. @default a `room` frame has it, later */
  place?(): Promise<MemberPosition | undefined>;
  /** The client follows who is in the room, and perhaps shows something. Without it the room has no presence. */
  onPresence?(frame: PresenceFrame, bytes: number): void;
  /** The bytes of what the client shows. @default 0 */
  readonly bytes?: number;
}

/** The size of a membership, or of a position, without the name of its room, in bytes, estimated. */
const bytesPerRoom = 2_048;

/** Why a room has no presence. */
export const noPresence = "the contract declares no presence: contract(path, { presence: { data: schema } })";

const noPlaces: readonly MemberPosition[] = [];

/** The rooms that a client has joined; survives reconnects. */
export class RoomMemberships {
  /** Names the client's session; in plain mode, its connection. */
  readonly id: string;
  /** Names the client in the proofs of its positions; undefined in plain mode. */
  readonly member: string | undefined;
  /** The principal of the client; undefined without one. */
  readonly principal: string | undefined;
  #outlet: RoomOutlet | undefined;
  /** Whether the client was connected before. */
  #isDetached = false;
  /** Undefined until the client joins a room. */
  #subscribers: Map<string, RoomSubscriber> | undefined;
  #places: readonly MemberPosition[] = noPlaces;
  /** Positions from an earlier session, in rooms that the client has not joined in this one. Undefined without any. */
  #earlierPositions: Map<string, MemberPosition> | undefined;

  constructor(id: string, member?: string, principal?: string) {
    this.id = id;
    this.member = member;
    this.principal = principal;
  }

  /** How many rooms the client is in. */
  get size(): number {
    return this.#subscribers?.size ?? 0;
  }

  /** The bytes of memberships and positions, estimated. */
  get bytes(): number {
    let bytes = 0;
    for (const rooms of [this.#subscribers, this.#earlierPositions])
      for (const room of rooms?.keys() ?? []) bytes += bytesPerRoom + room.length;
    for (const { bytes: shown = 0 } of this.#subscribers?.values() ?? []) bytes += shown;
    return bytes;
  }

  /** A session begins: keeps the positions that its client has from an earlier one. */
  restore(rooms: Hello["rooms"]): void {
    for (const position of rooms ?? []) (this.#earlierPositions ??= new Map()).set(position[0], position);
  }

  /**
   * Finds where the client begins in the rooms that it is in, for its `welcome`. A client that has a `welcome` without them, and
   * whose process ends then, would begin in another process where the rooms are by then. Never rejects.
   */
  async findPlaces(): Promise<void> {
    const subscribers = Array.from(this.#subscribers?.values() ?? []);
    const places = await Promise.allSettled(subscribers.map(async (subscriber) => subscriber.place?.()));
    this.#places = places.flatMap((place) =>
      place.status === "fulfilled" && place.value !== undefined ? [place.value] : [],
    );
  }

  /** Takes out what `findPlaces` has found, of the rooms of which the client has no position. */
  takePlaces(known: Hello["rooms"] = []): readonly MemberPosition[] {
    const places = this.#places;
    this.#places = noPlaces;
    return places.filter(([room]) => !known.some(([name]) => name === room));
  }

  /** Takes out the position from an earlier session in a room that the client joins. */
  claimPosition(room: string): MemberPosition | undefined {
    const position = this.#earlierPositions?.get(room);
    this.#earlierPositions?.delete(room);
    return position;
  }

  /** The client joins a room; `earlier` is its position from an earlier session. */
  add(room: string, subscriber: RoomSubscriber, earlier: MemberPosition | undefined): void {
    (this.#subscribers ??= new Map()).set(room, subscriber);
    if (this.#outlet !== undefined) subscriber.attach(this.#outlet, earlier && positionOf(earlier));
    else if (this.#isDetached) subscriber.detach(); // it is a member all the same
  }

  /** The client leaves a room. If it is disconnected, it learns that when it reconnects. */
  remove(room: string): void {
    this.#subscribers?.get(room)?.detach();
    this.#subscribers?.delete(room);
    this.#sendLeft(room);
  }

  /** The client has connected, with its positions in `rooms`. */
  attach(outlet: RoomOutlet, rooms: Hello["rooms"]): void {
    this.#outlet = outlet;
    const positions = new Map(rooms?.map((position) => [position[0], positionOf(position)]));
    for (const room of positions.keys())
      if (!this.#subscribers?.has(room) && !this.#earlierPositions?.has(room)) this.#sendLeft(room);
    for (const [room, subscriber] of this.#subscribers ?? []) subscriber.attach(outlet, positions.get(room));
  }

  /** The client has disconnected: its rooms do nothing for it until it reconnects. */
  detach(): void {
    this.#outlet = undefined;
    this.#isDetached = true;
    for (const subscriber of this.#subscribers?.values() ?? []) subscriber.detach();
  }

  /** The client has sent a frame of presence. A refusal is not sent to a client that reads slowly. */
  receivePresence(frame: PresenceFrame, bytes: number): void {
    const { room } = frame;
    const subscriber = this.#subscribers?.get(room);
    if (subscriber?.onPresence !== undefined) return subscriber.onPresence(frame, bytes);
    const [code, message] =
      subscriber === undefined
        ? [
            "NOT_A_MEMBER",
            "only members of a room are present: the server joins its clients by room(name).join(peer)",
          ]
        : ["NO_PRESENCE", noPresence];
    const sink = this.#outlet?.sink;
    if (sink?.drained() === undefined) sink?.send(jsonFrames.write({ t: "presence", room, code, message }));
  }

  #sendLeft(room: string): void {
    if (this.#outlet?.plain === false) this.#outlet.sink.send(jsonFrames.write(leftFrame(room)));
  }
}

function positionOf([, epoch, offset]: MemberPosition): RoomPosition {
  return { epoch, offset };
}
