import { ProtocolError } from "@symbolon/protocol";
import {
  decodeGap,
  decodePlacement,
  decodeRoom,
  type Gap,
  type GapFrame,
  type MemberPosition,
  type RoomFrame,
  type SaidFrame,
  type SkipFrame,
} from "@symbolon/protocol/internal";

/** The rooms that a client is in, and its position in each. */
export class ClientRooms {
  readonly #positions = new Map<string, MemberPosition>();

  /** The positions, as `hello` has them. */
  get positions(): readonly MemberPosition[] {
    return [...this.#positions.values()];
  }

  /** The client is in a room, or no longer. */
  place(frame: RoomFrame): void {
    const position = decodeRoom(frame);
    const [room, epoch, offset] = position;
    const known = this.#positions.get(room);
    if (!epoch) this.#positions.delete(room);
    // The wire before may have brought messages after the server was asked for this position.
    else if (known?.[1] !== epoch || known[2] < offset) this.#positions.set(room, position);
  }

  /** Messages of a room are lost: the client goes on behind them. */
  skipGap(frame: GapFrame): Gap {
    const gap = decodeGap(frame);
    this.#advance(gap.room ?? "", gap.to);
    return gap;
  }

  /**
   * Registers a message of a room.
   * @returns false when it has arrived before, or the client is not in the room.
   * @throws ProtocolError with 4902 when a message before it has not arrived.
   */
  accept(frame: SaidFrame | SkipFrame): boolean {
    const { offset, previous } = decodePlacement(frame);
    const known = this.#positions.get(frame.room);
    if (!known || offset <= known[2]) return false;
    if (previous !== known[2]) throw new ProtocolError("a message is missing", 4902);
    this.#advance(frame.room, offset);
    return true;
  }

  #advance(room: string, offset: number): void {
    const known = this.#positions.get(room);
    if (known) this.#positions.set(room, [room, known[1], offset]);
  }
}
