import type { Frame } from "./frame.ts";

/** Receives a frame, whose message has so many bytes. */
export type FrameReceiver<Kind extends Frame = Frame> = (frame: Kind, bytes: number) => void;

/** The receiver of each kind of frame that may arrive here. */
export type FrameTable = {
  readonly [T in Frame["t"]]?: FrameReceiver<Extract<Frame, { readonly t: T }>>;
};
