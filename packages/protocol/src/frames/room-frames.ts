/** The frames of rooms, which no session numbers: each client knows how far it has come in its rooms. */

/** The client is in a room, at `off` in the history `ep`; without these it is there no more. */
export interface RoomFrame {
  readonly t: "room";
  readonly room: string;
  readonly ep?: string | undefined;
  readonly off?: number | undefined;
}
/** The place of a message in its room: `o` is its offset, `p` that of the message before. */
interface Placed {
  readonly room: string;
  readonly o: number;
  readonly p: number;
}
/** An event to a room: the same bytes for everyone who is there. */
export interface SaidFrame extends Placed {
  readonly t: "said";
  readonly name: string;
  readonly data?: unknown;
}
/** What was said after `p` and up to `o` was not for this client. */
export interface SkipFrame extends Placed {
  readonly t: "skip";
}
/** What was said at `from` to `to` is lost to this client: in the room, or without one in the session. */
export interface GapFrame {
  readonly t: "gap";
  readonly room?: string | undefined;
  readonly from: number;
  readonly to: number;
  readonly why: string;
}
/** What is said in a room, before it has its place there. */
export type RoomPayload = Pick<SaidFrame, "name" | "data">;
/** What makes a frame of words: their place in a room, or, for a plain client, nothing but the kind. */
export type RoomPlacement = Omit<SaidFrame, keyof RoomPayload> | { readonly t: "event" };
