import { ProtocolError } from "@symbolon/protocol";
import type { MemberPosition } from "@symbolon/protocol/internal";

/** The rooms that a client is in, and its position in each. */
export class ClientRooms {
  readonly #positions = new Map<string, MemberPosition>();

  /** The positions, as `hello` has them. */
  get positions(): readonly MemberPosition[] {
    return [...this.#positions.values()];
  }

  /** The client is in a room, at a position; without an epoch it is there no longer. */
  place(position: MemberPosition): void {
    const [room, epoch, offset] = position;
    const known = this.#positions.get(room);
    if (!epoch) this.#positions.delete(room);
    // The wire before may have brought messages after the server was asked for this position.
    else if (known?.[1] !== epoch || known[2] < offset) this.#positions.set(room, position);
  }

  /**
   * The client has received everything up to `offset`.
   * @param previous the offset of the message before; undefined when messages are lost.
   * @returns false when `offset` is not new, or the client is not in the room.
   * @throws ProtocolError with 4902 when a message before it has not arrived.
   */
  advance(room: string, offset: number, previous?: number): boolean {
    const known = this.#positions.get(room);
    if (!known || offset <= known[2]) return false;
    if (previous !== undefined && previous !== known[2])
      throw new ProtocolError("a message is missing", 4902);
    this.#positions.set(room, [room, known[1], offset]);
    return true;
  }
}
