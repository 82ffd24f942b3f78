import { ProtocolError } from "../errors.ts";
import type { Message } from "../wire/wire.ts";
import type { Frame, Stamp } from "./frame.ts";
import { commonFrames, type FrameShapes } from "./frame-shapes.ts";
import type { RoomPayload, RoomStamp } from "./room-frames.ts";

/** The subprotocol by which our client and our server recognize each other. */
export const SUBPROTOCOL = "symbolon.v1.json";

/** How frames are read. */
export interface ReadOptions {
  /** The frames that can be read besides those of every peer. @default none */
  readonly shapes?: FrameShapes;
  /** Checks a text message before it is parsed. @default no check */
  readonly checkBounds?: (text: string) => void;
  /** How many keys a binary message may have, all its maps together. @default any */
  readonly maxKeys?: number;
}

/** How the messages of a conversation are written and read. Frames of the connection are JSON in every codec. */
export interface FrameCodec {
  /** The subprotocol by which client and server agree on it. */
  readonly protocol: string;
  /**
   * Writes a frame. `String` makes JSON of the result, for a peer that does not have this codec.
   * @throws TypeError when it cannot carry the frame's data.
   */
  readonly write: (frame: Frame | RoomPayload) => Message;
  /** Adds a stamp to a frame, or a placement to the payload of a room, in whichever codec it was written. */
  readonly stamp: (message: Message, fields: Stamp | RoomStamp) => Message;
  /**
   * Reads a frame strictly, in JSON too.
   * @throws ProtocolError that names what is wrong with the frame.
   */
  readonly read: (message: Message, options?: ReadOptions) => Frame;
}

/** Frames in JSON, as text messages: the codec that every peer has. It cannot carry a cycle or a bigint. */
export const jsonFrames: FrameCodec = {
  protocol: SUBPROTOCOL,
  write: JSON.stringify,
  // Spliced in, so that a message to many, or one that is sent again, is written once. It may be in another codec.
  stamp(message, fields) {
    const written = JSON.stringify(fields).slice(1, -1);
    return `{${written && `${written},`}${String(message).slice(1)}`;
  },
  read(message, options) {
    let value: unknown;
    if (typeof message === "string") {
      options?.checkBounds?.(message);
      try {
        value = JSON.parse(message);
      } catch {} // without JSON, the message is not a frame
    }
    return checkFrame(value, options?.shapes);
  },
};

/**
 * Checks that a value is a frame: one that every peer reads, or one of `others`.
 * @throws ProtocolError that names what is wrong with it.
 */
export function checkFrame(value: unknown, others?: FrameShapes): Frame {
  const fields = Object(value) as Readonly<Record<string, unknown>>;
  const shape = commonFrames.get(fields["t"]) ?? others?.get(fields["t"]);
  if (!shape) throw new ProtocolError('a frame is a JSON object with a known "t", sent as text');
  for (const field of Object.keys(fields))
    if (!shape.has(field)) throw new ProtocolError(`unknown field ${JSON.stringify(field.slice(0, 40))}`);
  for (const [field, check] of shape)
    if (!check(fields[field])) throw new ProtocolError(`missing or wrong field "${field}"`);
  return fields as unknown as Frame;
}
