import { ProtocolError } from "@symbolon/protocol";
import type { GapFrame, Hello, RoomFrame, SaidFrame, SkipFrame } from "@symbolon/protocol/internal";

/** Something was said that this client will never hear. */
export interface Gap {
  /** The room in which it was said; undefined when it was said to this client alone. */
  readonly room?: string | undefined;
  /** The first message that is lost, in the room's count. */
  readonly from: number;
  /** The last one. */
  readonly to: number;
  /** `trimmed`: the room remembers no more. `epoch`: it has forgotten all, and counts anew; nobody knows how much is lost. */
  readonly reason: string;
}

/** The rooms that a client is in, and how far it has come in each. */
export interface ClientRooms {
  /** Where it is, as `hello` says it. */
  readonly positions: Hello["rooms"];
  /**
   * Takes a frame; true when something was said that the client has not heard. Throws ProtocolError with 4902 when
   * something was said before of which nobody told.
   */
  readonly receive: (frame: RoomFrame | SaidFrame | SkipFrame | GapFrame) => boolean;
}

/**
 * Keeps a client's place in its rooms: nothing that is said there is handled twice, or missed in silence. `lost` is
 * told of what was said and will never be heard.
 */
export function createRooms(lost: (gap: Gap) => void): ClientRooms {
  const places = new Map<string, [room: string, ep: string, off: number]>();
  return {
    get positions() {
      return [...places.values()];
    },
    receive(frame) {
      const { room = "" } = frame;
      const at = places.get(room);
      if (frame.t === "room") {
        const { ep, off = 0 } = frame;
        if (!ep) places.delete(room);
        // The wire before may have told more since the server was asked for this.
        else if (at?.[1] !== ep || at[2] < off) places.set(room, [room, ep, off]);
      } else if (frame.t === "gap") {
        const { from, to, why: reason } = frame;
        if (at) at[2] = to;
        lost({ room: frame.room, from, to, reason });
      } else if (at && frame.o > at[2]) {
        if (frame.p !== at[2]) throw new ProtocolError("a message is missing", 4902);
        at[2] = frame.o;
        return frame.t === "said";
      }
      return false;
    },
  };
}
