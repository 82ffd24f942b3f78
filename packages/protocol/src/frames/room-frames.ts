/** The frames of rooms, which no session numbers: each client knows its own position in each room. */

/**
 * Where a client is in a room: the room, its history, the offset of the last message that arrived, the offset before the
 * first message that the client may receive, and the server's proof of that.
 */
export type MemberPosition = readonly [
  room: string,
  epoch: string,
  offset: number,
  from: number,
  proof: string,
];

/** Where a message is in its room: its own offset, and that of the message before it. */
export type Placement = readonly [offset: number, previous: number];

/** Messages that a client will never receive: `from` to `to`, both included. */
export interface Gap {
  /** The room in which they were sent; undefined when they were sent to this client alone. */
  readonly room?: string | undefined;
  /** The first message that is lost, by its offset. */
  readonly from: number;
  /** The last message that is lost. */
  readonly to: number;
  /** `trimmed`: the room no longer keeps them. `epoch`: the room's history is lost, and it is unknown how much was sent. */
  readonly reason: string;
}

/** `room` on the wire: the client is a member, at `off` in the history `ep`; with `room` alone it is a member no longer. */
export interface RoomFrame {
  readonly t: "room";
  readonly room: string;
  readonly ep?: string | undefined;
  readonly off?: number | undefined;
  readonly from?: number | undefined;
  readonly proof?: string | undefined;
}
/** The placement of a message on the wire. */
interface Placed {
  readonly room: string;
  readonly o: number;
  readonly p: number;
}
/** `said` on the wire, an event in a room: the same bytes for every member. */
export interface SaidFrame extends Placed {
  readonly t: "said";
  readonly name: string;
  readonly data?: unknown;
}
/** `skip` on the wire: the messages after `p` and up to `o` were not for this client. */
export interface SkipFrame extends Placed {
  readonly t: "skip";
}
/** `gap` on the wire. */
export interface GapFrame {
  readonly t: "gap";
  readonly room?: string | undefined;
  readonly from: number;
  readonly to: number;
  readonly why: string;
}
/** A message of a room before it has its placement there. */
export type RoomPayload = Pick<SaidFrame, "name" | "data">;
/** What makes a frame of a payload: its placement in a room, or, for a plain client, the kind alone. */
export type RoomStamp = Omit<SaidFrame, keyof RoomPayload> | { readonly t: "event" };

/** Writes that the client is a member of a room, at a position. */
export function encodePosition([room, epoch, offset, from, proof]: MemberPosition): RoomFrame {
  return { t: "room", room, ep: epoch, off: offset, from, proof };
}

/** Reads the position of a member; the epoch is empty when the client is a member no longer. */
export function decodePosition({ room, ep = "", off = 0, from = 0, proof = "" }: RoomFrame): MemberPosition {
  return [room, ep, off, from, proof];
}

/** Writes the stamp that makes a `said` of a payload. */
export function encodePlacement(
  room: string,
  [offset, previous]: Placement,
): RoomStamp & { readonly t: "said" } {
  return { t: "said", room, o: offset, p: previous };
}

/** Writes that the messages after `previous` and up to `offset` were not for the client. */
export function encodeSkip(room: string, [offset, previous]: Placement): SkipFrame {
  return { t: "skip", room, o: offset, p: previous };
}

/** Reads the placement of a message. */
export function decodePlacement({ o, p }: Placed): Placement {
  return [o, p];
}

/** Writes a gap. */
export function encodeGap({ room, from, to, reason }: Gap): GapFrame {
  return { t: "gap", room, from, to, why: reason };
}

/** Reads a gap. */
export function decodeGap({ room, from, to, why }: GapFrame): Gap {
  return { room, from, to, reason: why };
}
