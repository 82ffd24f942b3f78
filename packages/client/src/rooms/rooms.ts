import { ProtocolError } from "@symbolon/protocol";
import {
  decodeGap,
  decodePlacement,
  decodePosition,
  type EventFrame,
  type FrameReceiver,
  type FrameTable,
  type Gap,
  type MemberPosition,
  type SaidFrame,
  type SkipFrame,
} from "@symbolon/protocol/internal";
import { type ClientPresence, createPresence, type PresenceListener } from "./presence.ts";
import { inboxFull } from "../connection/inbox.ts";

/** What a client does with what happens in its rooms. */
export interface ClientRoomsListener extends PresenceListener {
  /** A new event of a room arrived. */
  readonly onEvent: FrameReceiver<EventFrame>;
  /** Messages of a room are lost. */
  readonly onGap: (gap: Gap) => void;
  /** How many rooms the client may be in. @default 1,000 */
  readonly rooms?: number;
}

/** The rooms that a client is in, and its position in each: each message of a room is received once and in order. */
export interface ClientRooms {
  /** The client is in a room, at a position; without an epoch it is there no longer. */
  readonly place: (position: MemberPosition) => void;
  /** Who is in a room. */
  readonly presence: ClientPresence["of"];

  /** The positions, as `hello` has them. Presence waits from then on until the server says that the client is in a room. */
  readonly detach: () => readonly MemberPosition[];
  /** The receivers of the frames of rooms. Each throws ProtocolError with 4902 when a message before has not arrived. */
  readonly frames: FrameTable;
}

/** Makes the rooms of a client, which is in none. */
export function createRooms({ onEvent, onGap, rooms = 1_000, ...others }: ClientRoomsListener): ClientRooms {
  const positions = new Map<string, [...MemberPosition]>();
  const presence = createPresence(others, (room) => positions.has(room));
  const isNew = (frame: SaidFrame | SkipFrame): boolean => advance(frame.room, ...decodePlacement(frame));

  function place(position: MemberPosition): void {
    const [room, epoch] = position;
    const known = positions.get(room);
    if (!epoch) positions.delete(room);
    else if (!known && positions.size >= rooms) throw inboxFull("rooms");
    else positions.set(room, [...position]);
    // The wire before may have brought messages after the server was asked for this position.
    if (known?.[1] === epoch) advance(room, known[2]);
    presence.place(room, !!epoch);
  }

  /**
   * Everything up to `offset` has arrived, or is lost when `previous` is undefined.
   * @returns false when it has before, or the client is not in the room.
   */
  function advance(room: string, offset: number, previous?: number): boolean {
    const known = positions.get(room);
    if (!known || offset <= known[2]) return false;
    if ((previous ?? known[2]) !== known[2]) throw new ProtocolError("a message is missing", 4902);
    known[2] = offset;
    return true;
  }

  return {
    place,
    presence: presence.of,
    detach() {
      presence.detach();
      return [...positions.values()];
    },
    frames: {
      room: (frame) => place(decodePosition(frame)),
      skip: (frame) => void isNew(frame),
      said(frame, bytes) {
        if (isNew(frame)) onEvent({ ...frame, t: "event" }, bytes);
      },
      gap(frame) {
        const gap = decodeGap(frame);
        advance(gap.room ?? "", gap.to);
        onGap(gap);
      },
      ...presence.frames,
    },
  };
}
