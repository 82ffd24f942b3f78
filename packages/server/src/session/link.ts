import type { Closed, CloseError } from "@symbolon/protocol";
import type { Frame, Outbox } from "@symbolon/protocol/internal";
import type { Clock } from "../timing/clock.ts";
import type { HeartbeatOptions } from "../timing/heartbeat.ts";
import type { RoomMemberships } from "../rooms/memberships.ts";
import type { RoomAppend } from "../store/store.ts";
import type { ObservableSession } from "./session-change.ts";

/** Who is told what a client says. */
export interface LinkListener {
  /**
   * Takes a frame, of so many characters; false when it has no place here.
   * @throws ProtocolError when it has one, but not now.
   */
  receive(frame: Frame, size: number): boolean;
  /** It is to end: not even what the client has said is handled any more. */
  terminate(error: CloseError): void;
  /** It cannot go on here: its store has failed with an error, or somebody else has the session. */
  onStoreLost(error: unknown): void;
  /** The client leaves, or has to: the line is closed when what it said was handled. */
  closeGracefully(error: CloseError): void;
}

/** What a line needs of the app. */
export interface LinkOptions {
  readonly clock: Clock;
  readonly heartbeat: Required<HeartbeatOptions>;
  /** The most bytes of a message from the client. */
  readonly maxPayload: number;
}

/** Records what a handler has said in rooms, with the message that caused it; false when nothing is recorded here. */
export type RecordRoomMessages = (said: readonly RoomAppend[]) => boolean;

/** What joins a conversation to its client: one wire in plain mode, one after another in a session. */
export interface ClientLink extends ObservableSession {
  /** Delivers what the server says. */
  readonly outbox: Outbox;
  /** The rooms that the client is in. */
  readonly memberships: RoomMemberships;
  /** Whether the client acknowledges, and tells of events that fail. */
  readonly acknowledged: boolean;
  /** Tells `listener` what the client says. Resolves when the client is gone for good. */
  open(listener: LinkListener): Promise<Closed>;
  /** Says no more, and closes after what was said. */
  close(error: CloseError): void;
  /** Asks the client to go elsewhere in `at` ms; false when it would not understand. */
  goAway(at: number): boolean;
  /** Ends it at once: nobody waits for the client. */
  terminate(): void;
  readonly recordRoomMessages: RecordRoomMessages;
  /** Whether the client is away. */
  readonly detached: boolean;
  /** Something that was to be said could not be kept: what follows would come after a gap that nobody tells of. */
  overflow(): void;
  /** Stops reading, or reads again; a session's client is slowed by its credit. */
  pause(paused: boolean): void;
}
