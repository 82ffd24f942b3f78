/** What a `RoomLog` keeps: messages, and their places in the history of their rooms. */
import type { Message } from "@symbolon/protocol";

/** Receives a new message of a room, and the epoch of its offset. */
export type RoomListener = (entry: RoomEntry, epoch: string) => void;

/** A message to a room. */
export interface RoomMessage {
  /** The name of the event. */
  readonly name: string;
  /** The encoded value of the event. */
  readonly data: Message;
  /** The id of the session that MUST NOT receive the message. The store only keeps it; readers apply it. */
  readonly except?: string | undefined;
  /** When the message was sent, in ms since 1970. */
  readonly at: number;
  /** The account of the client that caused the message, by which a store MAY divide its capacity. @default none */
  readonly account?: string | undefined;
}

/** A message to a room, as part of a commit. The fields are the parameters of `RoomLog.append`. */
export interface RoomAppend {
  /** The room. */
  readonly room: string;
  /** The message. */
  readonly message: RoomMessage;
  /** How much history the room retains from now on. */
  readonly keep: Retention;
}

/** How much history a room retains. The store MUST drop what exceeds a bound, the oldest messages first. */
export interface Retention {
  /** How many messages. */
  readonly messages: number;
  /** How old a message may become, in ms. */
  readonly ms: number;
  /**
   * The size of all their data, in bytes; a text counts one byte for each UTF-16 code unit. The newest message is kept
   * although it is larger.
   * @default any
   */
  readonly bytes?: number;
}

/** The place of a message in its room. */
export interface RoomPlace {
  /** The number of the message. It grows with every message, and MUST NOT occur twice within an epoch of the room. */
  readonly offset: number;
  /** The offset of the message before; 0 for the first message. */
  readonly previous: number;
}

/** A message of a room, and its place. */
export interface RoomEntry extends RoomMessage, RoomPlace {}

/** A position in the history of a room. Offsets of two epochs cannot be compared. */
export interface RoomPosition {
  /** Names the history of the room. */
  readonly epoch: string;
  /** The offset of the last message up to here; 0 before the first. */
  readonly offset: number;
}

/**
 * A part of the history of a room. `epoch` and `offset` are the position of the newest message of the room: unless the
 * last entry is there, more can be read.
 */
export interface RoomPart extends RoomPosition {
  /** The messages above `from` and up to `to` are lost, or cannot be known. The entries continue after `to`. */
  readonly gap?: { readonly from: number; readonly to: number };
  /** The messages, the oldest first. */
  readonly entries: readonly RoomEntry[];
}
