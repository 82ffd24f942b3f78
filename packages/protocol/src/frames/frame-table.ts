import { ProtocolError } from "../errors.ts";
import type { Frame } from "./frame.ts";

/** Receives a frame, whose message has so many bytes. */
export type FrameReceiver<Kind extends Frame = Frame> = (frame: Kind, bytes: number) => void;

/** The receiver of each kind of frame that may arrive here. */
export type FrameTable = {
  readonly [T in Frame["t"]]?: FrameReceiver<Extract<Frame, { readonly t: T }>>;
};

/**
 * Finds the receiver of a frame.
 * @throws ProtocolError when no frame of its kind may arrive here.
 */
export function receiverOf(table: FrameTable, { t }: Frame): FrameReceiver {
  const receiver = table[t];
  if (!receiver) throw new ProtocolError(`unexpected frame "${t}"`);
  return receiver as FrameReceiver; // the table has it by the kind of this frame
}
